for i = 1, 2000 do
  assert(funcs.call('t:count_none', 1) == i)
end
-- Nobody waits: it goes on where it is.
assert(funcs.call('t:count_none', LONG) == 2001)
local ticks = 0
coroutine.spawn(function()
  while true do
    time.sleep('5ms')
    ticks = ticks + 1
  end
end)
for _ = 1, 200 do
  funcs.call('t:count_none', 1)
end
local future = funcs.async('t:count_none', ENDLESS_1)
while ticks < 10 do
  time.sleep('5ms')
end
assert(not future:is_complete() and future:cancel())
assert(funcs.call('t:count_none', LONG) >= 1)
assert(funcs.stats('t:count_none').calls == 2203 and funcs.stats('t:count_none').errors == 0)
