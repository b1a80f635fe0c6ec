local id, order, futures = 't:few', {}, {}
-- Calls in the background wait for their code before they wait for a place.
funcs.call(id, 0)
for i = 1, 12 do
  futures[i] = funcs.async(id, (i == 7 or i <= 3) and 3600000 or 5)
  coroutine.spawn(function()
    local value = futures[i]:await()
    order[#order + 1] = i
  end)
end
repeat
  time.sleep('1ms')
until funcs.stats(id).queue.waiting == 9
assert(futures[7]:cancel())
-- Its place in the queue is free before theirs are.
time.sleep('1ms')
for i = 1, 3 do
  assert(futures[i]:cancel())
end
for i = 1, 12 do
  futures[i]:await()
end
local counted = funcs.stats(id)
assert(counted.instances.made <= 7 and counted.queue.waiting == 0 and counted.calls >= 11, json.encode(counted))
time.sleep('1ms')
assert(#order == 12 and order[1] == 7)
