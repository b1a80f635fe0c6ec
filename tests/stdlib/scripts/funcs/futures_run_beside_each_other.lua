local long = funcs.async('t:nap', '10s', 'long')
local futures = {}
for i = 1, 1000 do
  futures[i] = funcs.async('t:nap', (1001 - i) / 10 .. 'ms', i)
end
assert(not futures[1]:is_complete() and futures[1]:result() == nil)
local started = time.now()
for i = 1, 1000 do
  assert(futures[i]:await() == i)
end
assert(time.since(started):seconds() < 5)
assert(not long:is_complete() and tostring(long) == 'future (pending)')
