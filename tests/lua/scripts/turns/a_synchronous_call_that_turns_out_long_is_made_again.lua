for i = 1, 200 do
  funcs.call('t:count_none', 1)
end
coroutine.spawn(function()
  while true do
    time.sleep('1ms')
  end
end)
time.sleep('1ms')
assert(funcs.call('t:count_none', LONG) == 1 and funcs.call('t:count_none', LONG) == 2)
local counted = funcs.stats('t:count_none')
assert(counted.calls == 202 and counted.errors == 0 and counted.instances.replaced == 1, json.encode(counted))
