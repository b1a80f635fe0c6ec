assert(funcs.call('t:work', LONG) == 5)
for _ = 1, 3 do
  local futures = {}
  for i = 1, 2 do
    futures[i] = funcs.async('t:work', -1)
  end
  time.sleep('30ms')
  for i = 1, 2 do
    assert(futures[i]:cancel())
  end
  local value, err = funcs.new():with_options { timeout = '30ms' }:call('t:work', -1)
  assert(value == nil and err:kind() == 'Timeout')
  assert(funcs.call('t:work', LONG) == 5)
end
local counted = funcs.stats('t:work')
assert(counted.instances.replaced >= 3 and counted.instances.live <= 3, json.encode(counted))
for i = 1, 2 do
  funcs.async('t:work', -1)
end
time.sleep('10ms')
