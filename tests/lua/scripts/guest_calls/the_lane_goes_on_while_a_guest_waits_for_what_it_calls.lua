local funcs, time = require('funcs'), require('time')
local order = {}
local future = funcs.async('t:ask', 't:lua', 'upper')
coroutine.spawn(function()
  time.sleep('1ms')
  order[#order + 1] = 'script'
end)
assert(future:await() == 'UPPER')
order[#order + 1] = 'guest'
assert(order[1] == 'script' and order[2] == 'guest')
