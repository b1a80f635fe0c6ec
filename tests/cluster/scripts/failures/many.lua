local funcs = require 'funcs'
local all, told = {}, {}
for i = 1, COUNT do
  all[i] = funcs.async('t:ID', i, 3)
end
for i = 1, COUNT do
  local v, err = all[i]:await()
  told[i] = err and err:kind() .. (err:retryable() and '' or '!') or v == 3 * i and 'right' or 'wrong'
end
print(table.concat(told, ' '))
