local ffi = require 'ffi'
local v, w = works('make-b', 3), works('make-b', 3)
assert(tostring(v):find '^b handle %d+$' and v == v and v ~= w and not (v == 3) and not (v == ffi.new 'int[1]'))
for _, change in ipairs { function() v.x = 1 end, function() v.drop = print end } do
  local ok, problem = pcall(change)
  assert(not ok and problem:find("^%[string.*a resource handle can't be changed"), problem)
end
assert(not pcall(function() v.number = 1 end) and works('look-b', v) == 3)
v:drop()
assert(tostring(v) == 'resource handle (gone)' and v ~= v)
local ok, problem = pcall(v.drop, v)
assert(not ok and problem:find 'was dropped or handed to a guest' and not problem:find 'handles%.lua', problem)
ok, problem = pcall(v.drop, w)
assert(ok, problem)
ok, problem = pcall(v.drop, 5)
assert(not ok and problem:find 'was dropped or handed to a guest' and not problem:find 'handles%.lua', problem)
ok, problem = pcall(function() return w.name end)
assert(not ok and problem:find '^%[string.*:%d+: this resource handle was dropped or handed to a guest$', problem)
ok, problem = pcall(function()
  v:drop()
  return 1
end)
assert(not ok and problem:find '^%[string.*:%d+: this resource handle was dropped or handed to a guest$', problem)
