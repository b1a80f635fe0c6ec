local future = funcs.async('t:nap', '1h', 1)
coroutine.spawn(function() future:await() end)
time.sleep('1ms')
for key, value in pairs(future) do
  assert(type(value) == 'boolean', key)
end
