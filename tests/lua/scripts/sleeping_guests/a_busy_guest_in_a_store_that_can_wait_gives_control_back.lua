local done, ticks = false, 0
coroutine.spawn(function()
  funcs.call('t:spin', 200000000)
  done = true
end)
while not done do
  ticks = ticks + 1
  time.sleep('1ms')
end
print(ticks > 3)
local value, err = funcs.call('t:bounded', 1000000000000)
print(value, err:kind())
print(funcs.call('t:bounded', 10))
