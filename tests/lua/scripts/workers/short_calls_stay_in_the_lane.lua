for _ = 1, 1000 do
  assert(funcs.call('t:work', 10) == 5)
end
local other = false
coroutine.spawn(function() other = true end)
assert(funcs.call('t:work', 10) == 5 and not other)
