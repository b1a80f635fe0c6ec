local futures = {}
for i = 1, 3 do
  futures[i] = funcs.async('t:few', 10)
end
for i = 1, 3 do
  futures[i]:await()
end
assert(funcs.stats('t:few').instances.live == 3)
for _ = 1, 4 do
  time.sleep('10s')
  assert(funcs.call('t:few', 1) == 1)
end
assert(funcs.stats('t:few').instances.live == 1)
