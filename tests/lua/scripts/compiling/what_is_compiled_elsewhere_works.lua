local results, done = {}, channel.new(5)
for i = 1, 5 do
  coroutine.spawn(function()
    results[i] = funcs.call('t:slow', i)
    done:send(i)
  end)
end
local future = funcs.async('t:slow', 7)
assert(future:await() == 3500)
for i = 1, 5 do
  done:receive()
end
for i = 1, 5 do
  assert(results[i] == 500 * i, tostring(results[i]))
end
assert(funcs.new():with_options({ timeout = '60s' }):call('t:slow', 1) == 500)
