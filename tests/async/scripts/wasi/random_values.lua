local one, other = funcs:call('t:bytes', 1000), funcs:call('t:bytes', 1000)
assert(#one == 1000 and #other == 1000 and one ~= other)
assert(#funcs:call('t:bytes', 0) == 0)
assert(funcs:call('t:number') ~= funcs:call('t:number'))
local a, b = funcs:call('t:seed'), funcs:call('t:seed')
assert(a[1] == b[1] and a[2] == b[2] and a[1] ~= a[2]) -- an instance has one
local value, err = funcs:call('t:bytes', 2 ^ 40)
assert(value == nil and err:message():find 'at most 16777216 are given', tostring(err))
