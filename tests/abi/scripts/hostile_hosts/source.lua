local funcs = require 'funcs'
for i = 1, 2 do
  local value, err = funcs.call('t:NAME')
  error(tostring(value) .. ' ' .. (err and err:kind() .. ' ' .. err:message() or ''), 0)
end
