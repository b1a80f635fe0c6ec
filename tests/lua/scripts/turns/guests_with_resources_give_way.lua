local thing, ticks = funcs.call('t:make'), 0
coroutine.spawn(function()
  while true do
    time.sleep('5ms')
    ticks = ticks + 1
  end
end)
local answer
coroutine.spawn(function() answer = thing:busy(LONG) end)
while ticks < 3 do
  time.sleep('5ms')
end
if answer == nil then
  local dropped, problem = pcall(thing.drop, thing)
  assert(not dropped and tostring(problem):find 'in a call', tostring(problem))
end
assert(funcs.call('t:made') == 1 and answer == 1 and thing:busy(5) == 1)
local busy = coroutine.spawn(function() thing:busy(ENDLESS) end)
time.sleep('30ms')
coroutine.cancel(busy)
assert(funcs.call('t:made') == 0 and select(2, thing:busy(1)):kind() == 'Invalid')
local other = funcs.call('t:make')
assert(other:busy(LONG) == 1 and other:busy(1) == 1)
other:drop()
