-- Arguments that have to be strings.
local got = require 'lua.values.got'

local type, error = type, error

--- Makes the check of a module's functions: check(value, name, what) gives the string, or blames the caller of the function `name`.
---@param module string
---@return fun(value: any, name: string, what: string): string
return function(module)
  return function(value, name, what)
    if type(value) == 'string' then return value end
    error(module .. '.' .. name .. ': expected a string as the ' .. what .. ', got ' .. got(value), 3)
  end
end
