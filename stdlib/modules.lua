-- The standard library by name: what a script can `require`. Each module is loaded when somebody asks for it.
local modules = {}

for _, name in ipairs { 'channel', 'ctx', 'env', 'errors', 'fs', 'funcs', 'http', 'http_client', 'json', 'time', 'wit' } do
  modules[name] = function() return require('stdlib.' .. name) end
end

return modules
