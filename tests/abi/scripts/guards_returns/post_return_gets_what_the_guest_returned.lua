local calls = require 'lua.calls.calls'
return function(id, n)
  local value, problem = calls.call(id, n)
  return problem and problem:message() or type(value) == 'table' and table.concat(value, ' ') or tostring(value)
end
