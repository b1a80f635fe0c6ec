assert(select(2, funcs.call('t:limited_POOL')):kind() == 'Timeout')
local began, futures = time.now(), {}
for i = 1, 10 do
  futures[i] = funcs.async('t:limited_POOL')
end
for i = 1, 10 do
  local value, err = futures[i]:await()
  assert(value == nil and err:kind() == 'Timeout' and err:message():find '500 ms', tostring(err))
end
assert(time.since(began):milliseconds() >= 500 and time.since(began):milliseconds() < 2500, tostring(time.since(began)))
