local shop = funcs.import 'app:shop'
local names = {}
for name, value in pairs(shop) do
  names[#names + 1] = name .. ':' .. type(value)
end
table.sort(names)
print(table.concat(names, ' '))
