local beneath, system = require 'lua.wasi.files.beneath', require 'lua.wasi.files.system'
local walks = ...
if walks then beneath.always_walk() end
return function(folder, path, flags, mode)
  local descriptor, why = beneath.open(folder, path, flags, mode)
  return descriptor or -why
end
