local id, order, futures = 't:few', {}, {}
-- Calls in the background wait for their code before they wait for a place.
funcs.call(id, 0)
for i = 1, 12 do
  futures[i] = funcs.async(id, i == 7 and 3600000 or i <= 3 and 300 or 5)
  coroutine.spawn(function()
    local value = futures[i]:await()
    order[#order + 1] = i
  end)
end
time.sleep('1ms')
local queue = funcs.stats(id).queue
assert(queue.waiting == 9, queue.waiting)
assert(futures[7]:cancel())
for i = 1, 12 do
  futures[i]:await()
end
local counted = funcs.stats(id)
assert(counted.instances.made <= 4 and counted.queue.waiting == 0 and counted.calls >= 11, json.encode(counted))
time.sleep('1ms')
assert(#order == 12 and order[1] == 7)
