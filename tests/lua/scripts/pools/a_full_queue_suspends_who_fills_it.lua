local futures, begun = {}, {}
for i = 1, 20 do
  futures[i] = funcs.async('t:nap', '2ms', i)
  assert(funcs.stats('t:nap').queue.waiting <= 3)
end
for i = 1, 20 do
  assert(futures[i]:await() == i)
end
assert(funcs.stats('t:nap').queue.most == 3 and funcs.stats('t:nap').queue.waiting == 0)
for i = 1, 5 do
  futures[i] = funcs.async('t:unbuffered', '2ms', i)
  assert(funcs.stats('t:unbuffered').queue.waiting == 0)
end
for i = 1, 5 do
  assert(futures[i]:await() == i)
end
