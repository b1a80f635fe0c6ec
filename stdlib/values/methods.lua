-- How values of the standard library are called by their methods.
local nearest = require 'lua.values.nearest'

local error, next, setmetatable, tostring = error, next, setmetatable, tostring

--- Gives the `__index` of values with these methods, which may be filled later; any other name is an error. `what` names a value in a
-- sentence: "a channel".
---@param methods table<string, function>
---@param what string
---@return table
return function(methods, what)
  return setmetatable(methods, {
    __index = function(_, name)
      local names = {}
      for known in next, methods do
        names[#names + 1] = known
      end
      error(what .. " has no method '" .. tostring(name) .. "'" .. nearest.hint(name, names), 2)
    end,
  })
end
