local layout = require 'lua.abi.layout'
return function(n, results)
  local sig = { params = {} }
  for i = 1, n do
    sig.params[i] = { type = { kind = 'u8' } }
  end
  if results > 0 then
    sig.result = { kind = 'tuple', types = {} }
    for i = 1, results do
      sig.result.types[i] = { kind = 'u8' }
    end
  end
  layout.signature(sig)
  return sig.spilled, sig.flat_count, sig.tuple and sig.tuple.size or 0, sig.in_memory or false
end
