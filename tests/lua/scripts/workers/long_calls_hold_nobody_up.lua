local futures = {}
for i = 1, 4 do
  futures[i] = funcs.async('t:work', LONG)
end
local ticks = 0
coroutine.spawn(function()
  while true do
    time.sleep('5ms')
    ticks = ticks + 1
  end
end)
for i = 1, 4 do
  assert(futures[i]:await() == 5)
end
assert(ticks > 10, ticks)
assert(funcs.call('t:work', 10) == 5)
