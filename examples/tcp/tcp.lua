-- Two guests that talk to each other over TCP, in one lane: each waits on a fiber, so neither holds up the other.
local funcs = require 'funcs'

local function call(id, ...)
  local value, err = funcs.call(id, ...)
  if err then error(err) end
  return value
end

local server = call('demo:listen', '127.0.0.1:0')
local address = server:address()

local served
coroutine.spawn(function() served = server:serve(2) end)

for _, names in ipairs { { 'apple', 'pear', 'apple' }, { 'apple' } } do
  print(table.concat(call('demo:count', address, names), ', '))
end

-- What the entry does not name is not reached.
local _, err = funcs.call('demo:count', '192.0.2.1:80', { 'apple' })
print(err)

while not served do
  require('time').sleep '1ms'
end
print(('the server has read %d lines'):format(served))
