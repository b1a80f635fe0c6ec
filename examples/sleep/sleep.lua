-- Calls a guest that sleeps with WASI's clocks.
local funcs = require('funcs')

local slept, err = funcs.call('demo:sleep_ms', 50)
if err then error(err) end
print('slept for at least 50 ms: ' .. tostring(slept >= 50))

-- Three timers at once; the guest says which one was the first.
local over
over, err = funcs.call('demo:first_of', { 400, 20, 800 })
if err then error(err) end
print('over first: timer ' .. over[1] + 1)
