local env, funcs, time = require 'env', require 'funcs', require 'time'
local said, slow = {}, nil
for i, value in ipairs { 'first', 'second', 'third', 'first' } do
  if i > 1 then env.set('t:value', value) end
  said[#said + 1] = tostring(funcs.call('t:read'))
  if i == 2 then
    slow = funcs.async('t:read', '2s')
    time.sleep('1ms')
  end
end
said[#said + 1] = slow:await()
print(table.concat(said, ' '))
