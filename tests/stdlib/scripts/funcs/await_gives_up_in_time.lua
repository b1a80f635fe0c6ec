local future = funcs.async('t:nap', '50ms', 'late')
local value, err = future:await('1ms')
assert(value == nil and err:kind() == 'Timeout' and err:retryable())
assert(future:await('10s') == 'late')
