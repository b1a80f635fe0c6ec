local D = require 'lua.dispatcher.dispatcher'
local function all(...) return select('#', ...), ... end
local n, ok, a, b = all(D.run(function(...)
  D.sleep(5)
  return nil, (...)
end, 7, nil))
assert(n == 3 and ok and a == nil and b == 7)
local ok, problem = D.run(error, { 1 })
assert(not ok and type(problem) == 'userdata' and problem:details()[1] == 1)
assert(D.current() == nil)
return select(2, D.run(function() return pcall(D.run, print) end)) == false
