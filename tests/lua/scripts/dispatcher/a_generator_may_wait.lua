local c = channel.new()
coroutine.spawn(function()
  for i = 1, 3 do
    time.sleep('1s')
    c:send(i)
  end
  c:close()
end)
local inner = coroutine.wrap(function()
  while true do
    local v, ok = c:receive()
    if not ok then return nil end
    time.sleep(5)
    coroutine.yield(v, nil, v * 2)
  end
end)
local outer = coroutine.wrap(function()
  for a, b, d in inner do
    coroutine.yield(a, b, d)
  end
end)
for a, b, d in outer do
  print(a, b, d)
end
local co = coroutine.create(function(a)
  local b = coroutine.yield(a)
  time.sleep(1)
  return a, b, nil
end)
print(coroutine.resume(co, 1))
print(select('#', coroutine.resume(co, 2)), coroutine.status(co))
print(select('#', coroutine.resume(coroutine.create(function() time.sleep(1) end))))
