local funcs, time = require 'funcs', require 'time'
local ticks = 0
coroutine.spawn(function()
  while true do
    time.sleep('1ms')
    ticks = ticks + 1
  end
end)
local value, err = funcs.call('t:NAME')
error(err:kind() .. (ticks > 0 and ' beside others' or ' alone'), 0)
