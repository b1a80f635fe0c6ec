local n, sum, pids = 10000, 0, {}
for i = 1, n do
  pids[i] = assert(process.spawn_monitored 't:idle')
end
time.sleep(0)
for i = 1, n do
  assert(process.send(pids[i], 'number', i))
end
local events = process.events()
for _ = 1, n do
  sum = sum + events:receive().result.value
end
print(sum)
