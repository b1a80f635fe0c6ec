local a = assert(funcs.call('s:make', 4))
assert(funcs.call('s:count') == 1)
local value, err = funcs.call('s:sum', a, a)
assert(value == nil and err:kind() == 'Invalid', tostring(err))
local sentence = 'this handle belongs to an instance of s:make, which differs from s:sum in WHAT'
assert(err:message():find(sentence, 1, true), err:message())
