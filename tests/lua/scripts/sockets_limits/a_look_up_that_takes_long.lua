local funcs = require 'funcs'
local late
local co = coroutine.spawn(function() late = { funcs.call('t:look-up', 'localhost') } end)
assert(funcs.call('t:exchange', 'PEER_ADDRESS', 'meanwhile') == 'meanwhile')
while not late do
  require('time').sleep('1ms')
end
assert(late[1] == nil and late[2]:kind() == 'Timeout', tostring(late[2]))
