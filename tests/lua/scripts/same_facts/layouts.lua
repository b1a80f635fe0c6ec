local layout, signatures = require 'lua.abi.layout', require 'lua.abi.signatures'
local buffer = require 'string.buffer'
return function(encoded)
  local sig = signatures.link(buffer.decode(encoded))
  local out = {}
  for i, param in ipairs(sig.params) do
    local t = layout.of(param.type)
    out[i] = ('%d %d %s'):format(t.size, t.align, table.concat(t.flat))
  end
  return table.concat(out, '\n')
end
