-- Calls a guest in WebAssembly that calls a function in Lua for each word it is given.
local funcs = require('funcs')

local words, err = funcs.call('demo:translate', { 'hello', 'world' }, 'demo:german')
if err then error(err) end
print(table.concat(words, ' '))

-- What the Lua function raises is the err side in the guest, which hands it on.
local _, refused = funcs.call('demo:translate', { 'hello', 'moon' }, 'demo:german')
print('refused: ' .. refused:message())
