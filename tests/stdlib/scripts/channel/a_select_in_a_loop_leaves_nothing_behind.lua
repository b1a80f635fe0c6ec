local never, c = channel.new(), channel.new()
coroutine.spawn(function()
  for i = 1, 20000 do
    c:send(i)
  end
end)
local x, y = never:case_receive(), c:case_receive()
local before
for i = 1, 20000 do
  channel.select { x, y }
  if i == 10000 then
    collectgarbage()
    before = collectgarbage('count')
  end
end
collectgarbage()
print(collectgarbage('count') - before < 50)
print(channel.select { never:case_send(1), default = true }.default)
