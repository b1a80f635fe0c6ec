-- Arguments are checked against the function's types before the guest sees them.
local funcs = require('funcs')

for _, id in ipairs({ 'demo:compute', 'demo:compute_core' }) do
  local result, err = funcs.call(id, 6, 7)
  if err then error(err) end
  print(id .. '(6, 7) = ' .. result)
end

local _, err = funcs.call('demo:compute', 6, 2 ^ 32)
print(err:kind() .. ': ' .. err:message())
