local function show(...) print(table.concat(assert(funcs.call('t:wait', { ... })), ' ')) end
show(5e6, 3e6, 9e6)
show(3e6, 3e6, 3e6)
show(0, 1, 0, 1e18)
show(2 ^ 63, 2 ^ 62, 7)
show(1)
local many = {}
for i = 1, 1000 do
  many[i] = 2 ^ 63
end
many[500] = 1e9
local began = time.now()
show(unpack(many))
print(time.now():sub(began):seconds())
