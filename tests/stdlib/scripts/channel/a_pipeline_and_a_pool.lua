local jobs, results = channel.new(3), channel.new()
local left = 4
for w = 1, 4 do
  coroutine.spawn(function()
    while true do
      local v, ok = jobs:receive()
      if not ok then break end
      time.sleep(v % 7 * time.MILLISECOND)
      results:send(v * v)
    end
    left = left - 1
    if left == 0 then results:close() end
  end)
end
coroutine.spawn(function()
  for i = 1, 100 do
    jobs:send(i)
  end
  jobs:close()
end)
local sum, n = 0, 0
while true do
  local v, ok = results:receive()
  if not ok then break end
  sum, n = sum + v, n + 1
end
print(n, sum)
