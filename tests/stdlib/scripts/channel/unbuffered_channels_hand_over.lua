local c, log = channel.new(), {}
local function say(s) log[#log + 1] = s end
coroutine.spawn(function()
  say 'sending'
  c:send(1)
  say 'sent'
end)
time.sleep(1)
say 'receiving'
say(c:receive())
time.sleep(1)
coroutine.spawn(function() say('got ' .. c:receive()) end)
time.sleep(1)
c:send(2)
say 'sent 2'
time.sleep(1)
print(table.concat(log, ','))
