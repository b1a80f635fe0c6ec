local optional = require 'lua.values.optional'
local function map(key, value) return { kind = 'map', element = { kind = 'tuple', types = { { kind = key }, value } } } end
local u8, text = { kind = 'u8' }, { kind = 'string' }
local named = { kind = 'record', fields = { { name = 'names', type = { kind = 'option', some = map('bool', text) } } } }
local params = { { type = map('u32', named) }, { type = { kind = 'list', element = map('s8', u8) } }, { type = map('u8', u8) } }
params[4] = { type = { kind = 'option', some = map('u8', u8) } }
local encode = require('lua.abi.marked').encoder { params = params }
return function()
  local inner = { [true] = 'x' }
  local found = assert(encode({ [5] = { names = inner } }, { { [-1] = 1 } }, 7, optional.none))
  assert(getmetatable(inner) == nil)
  return found
end
