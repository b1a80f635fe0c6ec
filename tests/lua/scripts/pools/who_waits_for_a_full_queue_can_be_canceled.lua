local log, futures = {}, {}
for i = 1, 5 do
  futures[i] = funcs.async('t:nap', '1h', i)
end
local co = coroutine.spawn(function() log[1] = { pcall(funcs.async, 't:nap', '1ms', 'never') } end)
time.sleep('2ms')
assert(coroutine.cancel(co))
for i = 1, 5 do
  futures[i]:cancel()
end
assert(funcs.async('t:nap', '1ms', 'last'):await() == 'last')
assert(log[1][1] == false and errors.is(log[1][2], errors.CANCELED))
