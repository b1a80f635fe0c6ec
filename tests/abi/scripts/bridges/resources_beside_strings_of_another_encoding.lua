local funcs = require 'funcs'
for i = 1, 300 do
  local name = assert(funcs.call('t:make', 'üx'))
  assert(name:see 'abc' == 2252 + 3)
  assert(name:see '' == 2252)
  assert(funcs.call('t:end', name, '') == 2252)
end
local one = assert(funcs.call('t:make', 'a'))
one:drop()
