local c = channel.new(2)
local sent = 0
coroutine.spawn(function()
  for i = 1, 6 do
    c:send(i)
    sent = i
  end
end)
time.sleep(1)
print(sent, c)
for i = 1, 6 do
  io = c:receive()
  time.sleep(1)
  print(io, sent)
end
