local spent, done = {}, channel.new(3)
local function measure(name, call)
  coroutine.spawn(function()
    local began = time.now()
    local value, err = call()
    assert(value == nil and err:kind() == errors.TIMEOUT, name .. ': ' .. tostring(err))
    spent[name] = time.since(began):milliseconds()
    done:send(true)
  end)
end
measure('call', function() return funcs.call('t:nap', 600000) end)
measure('async', function() return funcs.async('t:nap', 600000):await() end)
local once = funcs.new():with_options({ retry = { max_attempts = 1 } })
measure('retry', function() return once:async('t:nap', 600000):await() end)
for _ = 1, 3 do
  done:receive()
end
for name, each in pairs(spent) do
  assert(each >= LIMIT_1000_1 and each < LATE_LIMIT_1000, name .. ': ' .. each)
end
