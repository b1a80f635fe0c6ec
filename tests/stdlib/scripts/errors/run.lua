package.path = ...
local scripts, internal = require 'lua.scripts.scripts', require 'lua.values.errors'
local stdlib = { errors = function() return require 'stdlib.errors' end }
return function(source)
  local chunk, problem = scripts.script(source, '@s.lua', stdlib, { make = internal.make, from = internal.from })
  local function answer(ok, value, ...)
    if ok then return value, ... end
    return tostring(value)
  end
  return answer(pcall(assert(chunk, problem)))
end
