local quick = funcs.new():with_options { timeout = 30 }
for _ = 1, 3 do
  local value, err = quick:call('t:work', 1e13)
  assert(value == nil and err:kind() == 'Timeout', tostring(err))
  assert(quick:call('t:work', 10) == 5)
end
local value, err = quick:call('t:nap', '1h', 1)
assert(value == nil and err:kind() == 'Timeout' and err:message():find '30 ms')
assert(quick:call('t:nap', '1ms', 1) == 1)
value, err = funcs.new():with_options { timeout = '1h' }:call('t:limited')
assert(err:kind() == 'Timeout' and err:message():find '20 ms', err:message())
assert(select(2, quick:async('t:nap', '1h', 1):await()):kind() == 'Timeout')
