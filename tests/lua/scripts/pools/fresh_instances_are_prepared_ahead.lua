for i = 1, 5 do
  assert(funcs.call('t:ahead') == 1)
  time.sleep('1ms')
  local instances = funcs.stats('t:ahead').instances
  assert(instances.made == i + 1 and instances.live == 1)
end
