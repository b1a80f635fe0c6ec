for i = 1, 10000 do
  assert(funcs.call('t:kept') == i)
end
for _ = 1, 3 do
  assert(not funcs.call('t:trap'))
end
assert(not funcs.call('t:kept', 1))
for i = 1, 3 do
  assert(funcs.call('t:nap', '5ms', i) == i)
end
local kept, trap, nap = funcs.stats('t:kept'), funcs.stats('t:trap'), funcs.stats('t:nap')
assert(kept.calls == 10001 and kept.errors == 1 and kept.instances.live == 1 and kept.instances.made == 1)
assert(kept.times.execution.mean > 0 and kept.times.execution.mean <= kept.times.execution.max)
assert(trap.calls == 3 and trap.errors == 3 and trap.timeouts == 0 and trap.instances.replaced == 3 and trap.instances.live == 0)
assert(nap.calls == 3 and nap.errors == 0 and nap.times.execution.total >= 15 and nap.times.queueing.total == 0)
local value, err = funcs.stats('t:mising')
assert(value == nil and err:kind() == 'NotFound')
assert(not pcall(funcs.stats, 1))
local all = funcs.stats()
assert(all['t:kept'].calls == 10001 and all['t:nap'].calls == 3 and not all['t:fixed'])
