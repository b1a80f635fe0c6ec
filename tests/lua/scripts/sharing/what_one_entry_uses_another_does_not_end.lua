assert(funcs.call('s:zero') == 0)
for i = 1, 6 do
  time.sleep('20s')
  assert(funcs.call('s:count') == i)
end
time.sleep('61s')
assert(funcs.call('s:count') == 1)
