package.path = ...
local sandbox = require 'lua.scripts.sandbox'
local scripts = require 'lua.scripts.scripts'
local stdlib = {
  errors = function() return require 'stdlib.errors' end,
  json = function() return require 'stdlib.json' end,
  wit = function() return require 'stdlib.wit' end,
}
HOST_SECRET = 'host'
local victim = assert(
  scripts.entry(
    { id = 'app:victim', chunkname = '@victim.lua', source = "VICTIM_SECRET = 'victim' return function() return VICTIM_SECRET end" },
    stdlib
  )
)
return function(source)
  local chunk, problem = scripts.script(source, '@script.lua', stdlib, { victim = victim })
  if not chunk then return 'refused: ' .. tostring(problem) end
  local function answer(ok, value, ...)
    if ok then return value, ... end
    return 'raised: ' .. tostring(value)
  end
  local function collected(...)
    -- LuaJIT collects nothing when memory runs out, and lupa's own calls are not protected.
    collectgarbage()
    return ...
  end
  return collected(answer(pcall(chunk)))
end
