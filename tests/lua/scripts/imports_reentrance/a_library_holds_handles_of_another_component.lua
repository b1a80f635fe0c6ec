local funcs = require 'funcs'
local held = {}
return {
  u = function(n)
    local thing = assert(funcs.call('t:things_thing', n))
    held[n] = thing
    local sum = 0
    for _, each in pairs(held) do
      sum = sum + each:value()
    end
    if n % 2 == 0 then
      thing:drop()
      held[n] = nil
    end
    return sum
  end,
}
