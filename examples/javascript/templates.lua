-- Calls a guest written in JavaScript.
local funcs = require('funcs')

local template = '{greeting}, {name}! You have {count} new messages.'

local text, err = funcs.call('demo:render', template, { { 'greeting', 'Hello' }, { 'name', 'Zoë' }, { 'count', '3' } })
if err then error(err) end
print(text)

-- The err side of a WIT `result` comes back as Lua's second value.
local _, refused = funcs.call('demo:render', template, { { 'greeting', 'Hello' }, { 'name', 'Bob' } })
print('refused: ' .. refused:message())
