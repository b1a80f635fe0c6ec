package.path = ...
local scripts = require 'lua.scripts.scripts'
local stdlib = {
  errors = function() return require 'stdlib.errors' end,
  json = function() return require 'stdlib.json' end,
  greet = { hello = function(name) return 'hello ' .. name end },
}
local function script(source, ...)
  local chunk, problem = scripts.script(source, '@script.lua', stdlib)
  if not chunk then return nil, problem end
  return chunk(...)
end
local function entry(fields)
  fields.id = fields.id or 'app:f'
  fields.chunkname = fields.chunkname or '@f.lua'
  return scripts.entry(fields, stdlib)
end
return function(source) return assert(loadstring('local script, entry, scripts = ...; ' .. source))(script, entry, scripts) end
