local name, shared = ...
name = 't:' .. name
local arguments = shared and { 5 } or {}
local call = require('lua.calls.calls').call
assert(call(name, unpack(arguments)))
local plan = next(require('lua.guest.instance').all).plan
for _ = 1, 2 do
  plan.out = 1
  local value, problem = call(name, unpack(arguments))
  assert((value == nil) == shared, tostring(value))
  if shared then
    assert(problem:kind() == 'Unavailable', problem:kind())
    assert(problem:message() == "make: its instance is in another call, which can't be waited for here", problem:message())
  end
  plan.out = 0
  assert(call(name, unpack(arguments)))
end
