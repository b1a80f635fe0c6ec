local futures = {}
for i = 1, 6 do
  futures[i] = funcs.async('t:nap', '1h', i)
end
time.sleep('20ms')
for i = 1, 6 do
  assert(futures[i]:cancel())
end
assert(funcs.call('t:nap', '1ms', 'next') == 'next')
local value, err = funcs.new():with_options { timeout = 30 }:call('t:nap', '1h', 1)
assert(value == nil and err:kind() == 'Timeout')
assert(funcs.call('t:nap', '1ms', 'next') == 'next')
