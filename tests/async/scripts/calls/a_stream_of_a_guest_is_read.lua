local s = funcs:call('t:echo', 'one\ntwo\nthree')
assert(tostring(s) == 'stream<u8>')
assert(s:read(3) == 'one')
local lines = {}
for line in s:lines() do
  lines[#lines + 1] = line
end
assert(table.concat(lines, ',') == ',two,three')
assert(s:read() == nil and s:read() == nil)
local c = funcs:call('t:echo', 'abc'):channel()
assert(c:receive() == 'abc')
local value, ok = c:receive()
assert(value == nil and ok == false)
local closed = funcs:call('t:echo', 'abc')
closed:close()
local ok, problem = pcall(closed.read, closed)
assert(not ok and tostring(problem):find 'was closed, or handed to a guest', tostring(problem))
