--[[ TYPES ]]
local text, _, way = require('lua.imports.glue').write(parts(IMPORTS))
assert(way == 'WAY', way)
return text
