print(select(2, pcall(process.spawn, 't:ends', 6, 7)))
print(select(2, pcall(process.send, nil, 'x')))
local function said(_, err) print(err:kind() .. ' ' .. err:message()) end
said(process.send(process.pid(), 'x', print))
said(process.send(process.pid(), '@events', 1))
said(process.send('nobody', 'x', 1))
said(process.set_options { trap_link = true })
said(process.monitor(process.pid()))
said(process.spawn('t:ends', nil, print))
