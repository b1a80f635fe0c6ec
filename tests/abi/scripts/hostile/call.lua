local calls, errors = require 'lua.calls.calls', require 'lua.values.errors'
return function(id, ...)
  local value, problem = calls.call(id, ...)
  if problem ~= nil then return problem:kind(), problem:message() end
  if type(value) == 'table' then return 'table', table.concat(value, ' ') end
  return type(value), tostring(value)
end
