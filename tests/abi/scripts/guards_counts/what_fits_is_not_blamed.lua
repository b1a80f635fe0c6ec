local layout, explain = require 'lua.abi.layout', require 'lua.abi.explain'
layout.MAX_BYTES = 15
for value, t in pairs { [('x'):rep(15)] = { kind = 'string' }, [('y'):rep(15)] = { kind = 'list', element = { kind = 'u8' } } } do
  local sig = layout.signature { name = 'f', params = { { name = 'v', type = t }, { name = 'w', type = { kind = 'u8' } } } }
  assert(explain.sentence(sig, 2, value, 256) == 'f: parameter 2 (w: u8): 256 is out of range')
end
local words, byte = { kind = 'list', element = { kind = 'u32' } }, { kind = 'u8' }
local sig = layout.signature { name = 'f', params = { { name = 'v', type = words }, { name = 'w', type = byte } } }
assert(explain.sentence(sig, 2, { 1, 2, 3 }, 256) == 'f: parameter 2 (w: u8): 256 is out of range')
