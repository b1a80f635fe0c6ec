local calls = require 'lua.calls.calls'
local function text(v)
  if type(v) ~= 'table' then return tostring(v) end
  local out = {}
  for k, x in pairs(v) do
    out[#out + 1] = type(k) == 'number' and text(x) or k .. '=' .. text(x)
  end
  table.sort(out)
  return '{' .. table.concat(out, ' ') .. '}'
end
return function(id, ...)
  local value, problem = calls.call(id, ...)
  if problem ~= nil then return nil, problem:message() end
  local count = (type(value) == 'table' or type(value) == 'string') and #value or 0
  return count, text(value)
end
