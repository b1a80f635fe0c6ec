local names = {}
for name in pairs(require('lua.abi.generate').WAYS) do
  names[#names + 1] = name
end
for name in pairs(require('lua.imports.glue').WAYS) do
  names[#names + 1] = 'import_' .. name
end
return table.concat(names, ' ')
