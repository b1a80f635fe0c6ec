local futures, ticks = {}, 0
for i = 1, 4 do
  futures[i] = funcs.async('t:spin_POOL')
end
coroutine.spawn(function()
  while true do
    time.sleep('10ms')
    ticks = ticks + 1
  end
end)
while ticks < 20 do
  time.sleep('10ms')
end
assert(funcs.call('t:count_POOL', 1) == 1)
for i = 1, 4 do
  assert(not futures[i]:is_complete() and futures[i]:cancel())
end
while funcs.stats('t:spin_POOL').instances.live > 0 do
  time.sleep('10ms')
end
assert(funcs.stats('t:spin_POOL').instances.replaced >= 2)
