local calls = require 'lua.calls.calls'
local h = calls.call('t:make', 5)
assert(select(2, calls.call 't:stuff') == nil)
local value, problem = calls.call('t:consume', h)
assert(calls.call('t:look', calls.call('t:make', 6)) == 6)
return problem:kind() .. ': ' .. problem:message()
