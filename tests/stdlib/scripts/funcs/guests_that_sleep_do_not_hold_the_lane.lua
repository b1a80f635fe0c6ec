local started, futures = time.now(), {}
for i = 1, 8 do
  futures[i] = funcs.async('demo:sleep_ms', 300)
end
local ticks = 0
coroutine.spawn(function()
  while true do
    time.sleep('5ms')
    ticks = ticks + 1
  end
end)
for i = 1, 8 do
  assert(select(2, futures[i]:await()) == nil)
end
assert(time.since(started):milliseconds() < 8 * 300 and ticks > 5, ticks)
local value, err = funcs.new():with_options { timeout = '50ms' }:call('demo:sleep_ms', 5000)
assert(value == nil and err:kind() == 'Timeout')
