local order, futures = {}, {}
for i = 1, 5 do
  futures[i] = funcs.async('t:two', i <= 2 and ENDLESS_1 or 1)
  coroutine.spawn(function()
    futures[i]:await()
    order[#order + 1] = i
  end)
end
while funcs.stats('t:two').queue.waiting < 3 do
  time.sleep('5ms')
end
assert(#order == 0)
futures[2]:cancel()
for i = 3, 5 do
  assert(futures[i]:await())
end
time.sleep('1ms')
assert(table.concat(order, ' ') == '2 3 4 5' and not futures[1]:is_complete())
