require('lua.dispatcher.clock')
local permissions, address = require 'lua.wasi.sockets.permissions', require 'lua.wasi.sockets.address'
return function(rules, ip, port, names, act)
  local instance = { world = { network = { connect = rules, listen = rules } } }
  if names then permissions.looked_up(instance, names[1], { { ip = names[2], reach = names[3] } }) end
  if act then load(act)()(instance) end
  local remote = address.of_ip(ip, port)
  return permissions.may_connect(instance, remote)
end
