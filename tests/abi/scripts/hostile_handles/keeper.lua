local calls = require 'lua.calls.calls'
function call(name, ...) return calls.call('t:' .. name, ...) end
function works(name, ...)
  local value, problem = call(name, ...)
  if problem ~= nil then error(name .. ': ' .. problem:message(), 2) end
  return value
end
function fails(kind, text, name, ...)
  local value, problem = call(name, ...)
  if problem == nil then error(name .. ' succeeds', 2) end
  local found = problem:kind() .. ': ' .. problem:message()
  if problem:kind() ~= kind or not found:find(text, 1, true) then error(found, 2) end
end
function count()
  collectgarbage()
  collectgarbage()
  works('gone')
  local n = 0
  for _ in pairs(require('lua.guest.instance').all) do
    n = n + 1
  end
  return n
end
