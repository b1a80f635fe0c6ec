print(funcs.call('t:sleep-ms', 3600000))
local function show(...) print(table.concat(assert(funcs.call('t:first-of', { ... })), ' ')) end
show(50, 20, 80, 20, 20.0)
show(0, 10, 0)
show(7)
local many = {}
for i = 1, 1000 do
  many[i] = i % 100 + 1
end
print(#funcs.call('t:first-of', many))
local began = time.now()
all(50, function(i) funcs.call('t:first-of', { i * 10, i, i * 20 }) end)
time.sleep('1s')
