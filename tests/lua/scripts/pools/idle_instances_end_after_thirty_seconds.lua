assert(funcs.call('t:kept') == 1 and funcs.call('t:fixed') == 1)
for i = 2, 6 do
  time.sleep('20s')
  assert(funcs.call('t:kept') == i)
end
time.sleep('31s')
assert(funcs.stats('t:kept').instances.live == 0)
assert(funcs.call('t:kept') == 1)
assert(funcs.call('t:fixed') == 2)
