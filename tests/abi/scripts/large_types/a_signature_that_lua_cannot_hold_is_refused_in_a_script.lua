local funcs = require 'funcs'
for _ = 1, 3 do
  local value, problem = funcs.call('t:echo0', 1)
  assert(value == nil and problem:kind() == 'Unavailable' and problem:message():find('its signature is too large', 1, true))
end
