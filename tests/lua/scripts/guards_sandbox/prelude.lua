package.path = ...
local sandbox, scripts = require 'lua.scripts.sandbox', require 'lua.scripts.scripts'
local host = { inside = 1 }
local victim = assert(scripts.entry({ id = 'app:victim', chunkname = '@victim.lua', source = 'return function() return 1 end' }, {}))
return function(source)
  local chunk, problem = scripts.script(source, '@s.lua', {}, { victim = victim })
  if not chunk then return 'refused: ' .. tostring(problem) end
  local function answer(ok, ...)
    if not ok then return 'raised: ' .. tostring((...)) end
    local out = {}
    for i = 1, select('#', ...) do
      out[i] = tostring((select(i, ...)))
    end
    return table.concat(out, ' ')
  end
  return answer(pcall(chunk))
end
