local calls, errors = require 'lua.calls.calls', require 'lua.values.errors'
return function(id, text)
  local value, problem = calls.call('t:' .. id, assert(loadstring('local wit = ... return ' .. text))(require 'lua.values.optional'))
  if problem ~= nil then return false, problem:kind() .. ' ' .. problem:message() end
  return true, type(value) == 'number' and ('%.17g'):format(value) or tostring(value)
end
