local calls = require 'lua.calls.calls'
local function text(v) return type(v) ~= 'number' and 'a ' .. type(v) or v ~= v and 'nan' or ('%.17g'):format(v) end
return function(id, high, low)
  local v = calls.call(id, high * 4294967296ULL + low)
  if type(v) ~= 'table' then return text(v) end
  return text(v[1]) .. ' ' .. text(v[2]) .. ' ' .. text(v[3])
end
