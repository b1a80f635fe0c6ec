-- Calls a guest written in Python.
local funcs = require('funcs')

local summary, err = funcs.call('demo:summarize', { 3, 1, 4, 1, 5, 9, 2, 6 })
if err then error(err) end
print(('%d numbers: mean %.3f, median %.1f, deviation %.3f'):format(summary.count, summary.mean, summary.median, summary.deviation))

-- The err side of a WIT `result` comes back as Lua's second value.
local _, refused = funcs.call('demo:summarize', { 42 })
print('refused: ' .. refused:message())
