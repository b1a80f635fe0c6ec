local pid, err = process.spawn_monitored('t:compute_worker', 't:processes', 6, 7)
if err then error('spawn failed: ' .. tostring(err)) end
local events = process.events()
local event = events:receive()
if event and event.kind == process.event.EXIT and event.from == pid then print(event.result.value) end
process.spawn_monitored('t:traps', 't:processes')
event = events:receive()
print(event.result.value, event.result.error:kind())
print(process.exec('t:compute_worker', nil, 6, 7))
