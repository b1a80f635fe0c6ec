local a, b = channel.new(), channel.new()
local got
coroutine.spawn(function() got = channel.select { a:case_receive(), b:case_receive() }.value end)
time.sleep(1)
local sent = {}
coroutine.spawn(function()
  a:send('a')
  sent.a = true
end)
coroutine.spawn(function()
  b:send('b')
  sent.b = true
end)
time.sleep(1)
print(got, sent.a, sent.b, b:receive())
