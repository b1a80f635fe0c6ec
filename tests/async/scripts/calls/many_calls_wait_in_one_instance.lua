local waiting = {}
for i = 1, 40 do
  waiting[i] = funcs:async('t:ask', 1000)
end
assert(funcs:call('t:ask', 7) == 'value 7')
assert(not waiting[1]:is_complete() and not waiting[40]:is_complete())
assert(funcs:call('t:ask', 0) == 'opened')
for i = 1, 40 do
  assert(waiting[i]:await() == 'value 1000')
end
