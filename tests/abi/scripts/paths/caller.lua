local calls, intermediate, optional = ...
local env = { print = print, coroutine = coroutine, math = math }
env.wit = { none = optional.none, some = optional.some, encode = print }
function env.put(t, ...)
  for i = 1, select('#', ...) do
    t[i] = (select(i, ...))
  end
  return t
end
local function outcome(id, ...)
  local value, problem = calls.call(id, ...)
  if problem ~= nil then return false, problem:kind() .. ': ' .. problem:message() end
  return true, assert(intermediate.encode(value))
end
return function(text, id)
  local values = setfenv(assert(loadstring('return function() return ' .. text .. ' end')), env)()
  local ok, result = outcome(id, values())
  local encoded = intermediate.encode_all(select('#', values()), values())
  return ok, result, encoded or false
end
