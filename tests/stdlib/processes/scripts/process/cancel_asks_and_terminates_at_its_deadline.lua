local seen = process.listen 'seen'
local pid = process.spawn_monitored('t:idle', nil, process.pid())
process.cancel(pid, 'enough', '2ms')
print(seen:receive(), seen:receive(), (seen:receive()))
print(process.events():receive().result.error:kind())
