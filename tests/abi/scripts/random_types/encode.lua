local intermediate, optional = require 'lua.values.intermediate', require 'lua.values.optional'
local env = { print = print, coroutine = coroutine, math = math, wit = { none = optional.none, some = optional.some, encode = print } }
function env.put(t, ...)
  for i = 1, select('#', ...) do
    t[i] = (select(i, ...))
  end
  return t
end
return function(text)
  local value = setfenv(assert(loadstring('return ' .. text)), env)()
  return (intermediate.encode_all(1, value))
end
