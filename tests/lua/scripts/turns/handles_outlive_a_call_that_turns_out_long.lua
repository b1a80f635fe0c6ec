local thing, other, ticks = funcs.call('t:make'), funcs.call('t:make'), 0
for _ = 1, 1000 do
  assert(thing:busy(1) == 1)
end
coroutine.spawn(function()
  while true do
    time.sleep('5ms')
    ticks = ticks + 1
  end
end)
time.sleep('6ms')
assert(thing:busy(LONG) == 1 and ticks > 2, 'held')
assert(other:busy(1) == 2 and thing:busy(1) == 1 and funcs.call('t:made') == 2)
