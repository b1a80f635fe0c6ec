local funcs = require 'funcs'
local id, calls = ...
local ended = {}
for i = 1, calls do
  local value, err
  if id:find 'take' then
    value, err = funcs.call(id, 'hello')
  else
    value, err = funcs.call(id)
  end
  if err then ended[#ended + 1] = err:message() end
end
error(('%d %s'):format(#ended, ended[1]), 0)
