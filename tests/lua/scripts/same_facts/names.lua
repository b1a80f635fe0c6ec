local linking = require 'lua.guest.linking'
local names = {}
local provide = linking.provide
function linking.provide(interface, functions)
  for name in pairs(functions) do
    names[#names + 1] = interface .. '#' .. name
  end
  return provide(interface, functions)
end
for _, file in ipairs { ... } do
  package.loaded[file] = nil
  require(file)
end
linking.provide = provide
return table.concat(names, '\n')
