local calls, dispatcher = require 'lua.calls.calls', require 'lua.dispatcher.dispatcher'
local intermediate, optional = require 'lua.values.intermediate', require 'lua.values.optional'
local env = { print = print, coroutine = coroutine, math = math }
env.wit = { none = optional.none, some = optional.some, encode = print }
function env.put(t, ...)
  for i = 1, select('#', ...) do
    t[i] = (select(i, ...))
  end
  return t
end
return function(text, id)
  local ok, value, problem = dispatcher.run(calls.call, id, setfenv(assert(loadstring('return ' .. text)), env)())
  if not ok then return false, tostring(value), false end
  if problem ~= nil then return false, problem:message(), false end
  local library = require('lua.calls.direct').last.plan.libraries['t:lib'].value
  return true, assert(intermediate.encode(value)), assert(intermediate.encode(library.seen))
end
