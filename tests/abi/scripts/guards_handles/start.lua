local calls = require 'lua.calls.calls'
function works(name, ...)
  local value, problem = calls.call('t:' .. name, ...)
  if problem ~= nil then error(name .. ': ' .. problem:message(), 2) end
  return value
end
function refused(text, name, ...)
  local value, problem = calls.call('t:' .. name, ...)
  if problem == nil then error(name .. ' succeeds', 2) end
  if problem:kind() ~= 'Invalid' or not problem:message():find(text, 1, true) then error(problem:kind() .. ' ' .. problem:message(), 2) end
end
