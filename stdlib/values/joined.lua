-- What is written to files and streams: strings and numbers.
local got = require 'lua.values.got'

local error, select, tostring, type = error, select, tostring, type

--- Joins the values that `call` is to write; raises, for the caller of `call`, where one is neither a string nor a number.
---@param call string
---@param ... string|number
---@return string
return function(call, ...)
  local pieces = { ... }
  for i = 1, select('#', ...) do
    local kind = type(pieces[i])
    if kind == 'number' then
      pieces[i] = tostring(pieces[i])
    elseif kind ~= 'string' then
      error(call .. ': expected a string or a number as value ' .. i .. ', got ' .. got(pieces[i]), 3)
    end
  end
  return #pieces == 1 and pieces[1] or table.concat(pieces)
end
