assert(seen == nil)
seen = true
local test, funcs = require 'test', require 'funcs'
test.it('counts', function()
  test.eq(funcs.call 'app:counter', 1)
  test.eq(funcs.call 'app:counter', 2)
end)
