for i = 1, 200 do
  assert(funcs.call('t:roll', 1) == 6)
end
local ticks = 0
coroutine.spawn(function()
  while true do
    time.sleep('1ms')
    ticks = ticks + 1
  end
end)
time.sleep('1ms')
assert(funcs.call('t:roll', 50000001) == 6)
local counted = funcs.stats('t:roll')
assert(counted.calls == 201 and counted.errors == 0 and counted.instances.replaced == 1, json.encode(counted))
local futures = {}
for i = 1, 3 do
  futures[i] = funcs.async('t:roll', 1e17)
end
local before = ticks
while ticks < before + 10 do
  time.sleep('5ms')
end
for i = 1, 3 do
  assert(futures[i]:cancel())
end
assert(funcs.call('t:roll', 1) == 6)
