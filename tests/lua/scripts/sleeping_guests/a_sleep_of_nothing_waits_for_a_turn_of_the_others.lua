local ticks, calls = 0, 0
coroutine.spawn(function()
  while true do
    ticks = ticks + 1
    time.sleep(0)
  end
end)
coroutine.spawn(function()
  while true do
    funcs.call('t:nap', 0)
    calls = calls + 1
  end
end)
for _ = 1, 50 do
  time.sleep(0)
end
print(ticks >= 50, calls >= 20)
