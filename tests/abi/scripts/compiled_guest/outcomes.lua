local calls, intermediate, optional = require 'lua.calls.calls', require 'lua.values.intermediate', require 'lua.values.optional'
return function(text, id)
  local values = setfenv(assert(loadstring('return function() return ' .. text .. ' end')), { wit = optional })()
  local value, problem = calls.call(id, values())
  local given = intermediate.encode_all(select('#', values()), values())
  if problem == nil then return intermediate.encode { done = true, value = value }, given end
  return intermediate.encode { kind = problem:kind(), message = problem:message(), details = problem:details() }, given
end
