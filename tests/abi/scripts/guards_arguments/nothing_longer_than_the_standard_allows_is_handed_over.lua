local layout, generate, explain = require 'lua.abi.layout', require 'lua.abi.generate', require 'lua.abi.explain'
layout.MAX_BYTES = 15
return function(type, value)
  local types = { string = { kind = 'string' } }
  for name, kind in pairs { bytes = 'u8', words = 'u32' } do
    types[name] = { kind = 'list', element = { kind = kind } }
  end
  local sig = { name = 'f', params = { { name = 'v', type = types[type] } } }
  local v = assert(loadstring('return ' .. value))()
  local good = generate.compile_check(sig, {})(v)
  return good or explain.sentence(sig, 1, v)
end
