local instances = require 'lua.guest.instance'
assert(require('lua.calls.calls').call 't:f' == 1)
local I = next(instances.all)
return instances.memory_bytes(I)
