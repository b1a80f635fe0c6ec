local ticks = 0
coroutine.spawn(function()
  while true do
    time.sleep('5ms')
    ticks = ticks + 1
  end
end)
local futures = {}
for i = 1, 3 do
  futures[i] = funcs.async('t:roll', ENDLESS)
end
while ticks < 10 do
  time.sleep('5ms')
end
assert(funcs.call('t:roll', 1) == 6 and funcs.call('t:roll', LONG_4) == 6)
for i = 1, 3 do
  assert(futures[i]:cancel())
end
