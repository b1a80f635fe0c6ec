local c = channel.new()
for i = 1, 4 do
  coroutine.spawn(function() print(i, i % 2 == 0 and c:receive() or i % 2 == 1 and channel.select { c:case_receive() }.value) end)
end
time.sleep(1)
for v = 11, 14 do
  c:send(v)
end
time.sleep(1)
for i = 1, 4 do
  coroutine.spawn(function()
    if i == 2 then
      channel.select { c:case_send(i) }
    else
      c:send(i)
    end
  end)
end
time.sleep(1)
print(c:receive(), (c:receive()), (c:receive()), (c:receive()))
