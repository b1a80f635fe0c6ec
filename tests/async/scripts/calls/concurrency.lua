local funcs = require 'funcs'
local waiting = {}
for i = 1, 20 do
  waiting[i] = funcs.async('t:ask', 1)
end
local most
for i = 1, 20 do
  most = assert(waiting[i]:await())
end
assert(most == '6', most)
