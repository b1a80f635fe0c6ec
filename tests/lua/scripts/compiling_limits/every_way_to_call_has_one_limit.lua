local spent, done = {}, channel.new(6)
local function measure(name, call)
  coroutine.spawn(function()
    local began = time.now()
    local value, err = call()
    assert(value == nil and err:kind() == errors.TIMEOUT, name .. ': ' .. tostring(err))
    spent[name] = time.since(began):milliseconds()
    done:send(true)
  end)
end
for _, id in ipairs { 't:nap', 't:other' } do
  measure(id .. ', call', function() return funcs.call(id, 600000) end)
  measure(id .. ', async', function() return funcs.async(id, 600000):await() end)
  local once = funcs.new():with_options({ retry = { max_attempts = 1 } })
  measure(id .. ', retry', function() return once:async(id, 600000):await() end)
end
for _ = 1, 6 do
  done:receive()
end
for name, each in pairs(spent) do
  assert(each >= LIMIT_1000_1 and each < LATE_LIMIT_1000, name .. ': ' .. each)
end
