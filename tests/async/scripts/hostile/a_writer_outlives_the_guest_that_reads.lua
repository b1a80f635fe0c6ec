local given = channel.new(0)
local first = funcs.async('t:f', given)
time.sleep '1ms'
local value, err = funcs.call('t:f', 'x')
assert(value == nil and err:kind() == 'Internal', tostring(err))
value, err = first:await()
assert(value == nil and err ~= nil)
given:send('never read', '1s')
time.sleep '1ms'
