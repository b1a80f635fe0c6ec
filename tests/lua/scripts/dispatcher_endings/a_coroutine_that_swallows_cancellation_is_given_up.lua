local c = channel.new()
coroutine.spawn(function()
  while true do
    pcall(time.sleep, 1)
  end
end)
coroutine.spawn(function()
  while true do
    pcall(c.receive, c)
  end
end)
coroutine.spawn(function()
  while true do
    pcall(coroutine.wrap(function() c:receive() end))
  end
end)
time.sleep(10)
print('end')
