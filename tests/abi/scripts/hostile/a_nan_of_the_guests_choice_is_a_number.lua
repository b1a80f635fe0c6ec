local calls = require 'lua.calls.calls'
local function number(v) return type(v) == 'number' end
return function(high, low)
  local bits = high * 4294967296ULL + low
  local flat, single = calls.call('t:flat', bits), calls.call('t:single', high)
  local kept, many = calls.call('t:kept', bits), calls.call('t:many', bits)
  return number(flat)
    and number(single)
    and number(kept[1])
    and number(kept[2])
    and number(many[1])
    and number(many[2])
    and (flat ~= flat)
    and many[2] ~= many[2]
end
