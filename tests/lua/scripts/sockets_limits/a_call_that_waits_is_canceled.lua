local funcs, time = require 'funcs', require 'time'
local ended
local co = coroutine.spawn(function()
  ended = {
    pcall(funcs.call, 't:NAME'--[[ ARGUMENT ]]),
  }
end)
time.sleep('20ms')
assert(coroutine.cancel(co))
time.sleep('1ms')
assert(ended and ended[1] == false and ended[2]:kind() == 'Canceled', tostring(ended and ended[2]))
