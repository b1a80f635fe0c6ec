local fibers, running = require 'lua.guest.fibers', require 'lua.guest.running'
local run = fibers.run
begun, give = {}, false
running.exchanges.begin = function(instance)
  begun[#begun + 1] = instance.pending and 'waits' or 'done'
  instance.unsent = nil
end
fibers.run = function(binding, ...)
  if give then binding.instance.unsent = {} end
  return run(binding, ...)
end
