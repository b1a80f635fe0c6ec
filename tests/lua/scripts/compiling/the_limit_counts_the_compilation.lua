local ticks = 0
local ticker = coroutine.spawn(function()
  while true do
    time.sleep('5ms')
    ticks = ticks + 1
  end
end)
for i = 1, 2 do
  local began = time.now()
  local value, err = funcs.call('t:bomb', 0)
  assert(value == nil and err:kind() == errors.TIMEOUT and err:retryable(), tostring(err))
  assert(err:message():find '^t:bomb: took longer than its limit of 200 ms', err:message())
  assert(time.since(began):milliseconds() >= 200)
end
assert(ticks >= 2, ticks)
assert(funcs.call('t:one') == 1)
coroutine.cancel(ticker)
local counted = funcs.stats('t:bomb')
assert(counted.calls == 2 and counted.errors == 2 and counted.timeouts == 2, json.encode(counted))
