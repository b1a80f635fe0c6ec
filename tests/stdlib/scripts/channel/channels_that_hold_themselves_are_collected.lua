collectgarbage()
collectgarbage()
local before = collectgarbage('count')
for i = 1, 2000 do
  local a, b = channel.new(2), channel.new(2)
  a:send(a)
  a:send(b)
  b:send(a)
  b:send(('x'):rep(1000) .. i)
end
collectgarbage()
collectgarbage()
print(collectgarbage('count') - before < 500)
