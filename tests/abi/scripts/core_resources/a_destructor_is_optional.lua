local funcs = require 'funcs'
local out = {}
local function note(...)
  for i = 1, select('#', ...) do
    out[#out + 1] = tostring((select(i, ...)))
  end
end
local function counter(n) return funcs.call('t:counter', n) end
local one, two, three, last = counter(1), counter(20), counter(300), counter(7)
note(one:get(), two:get(), three:get(), last:left())
one:drop()
note(pcall(one.drop, one))
note(last:left(), last:absorb(two), last:left())
three = nil
collectgarbage()
collectgarbage()
note(counter(5):left())
for i = 1, 1000 do
  local c = counter(0)
  c:drop()
end
note(last:left())
error(table.concat(out, ' '), 0)
