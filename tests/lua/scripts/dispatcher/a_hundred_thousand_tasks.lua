local n, c = 0, channel.new()
for i = 1, 100000 do
  coroutine.spawn(function()
    time.sleep(i % 100 * time.SECOND)
    n = n + 1
    c:receive()
    n = n + 1
  end)
end
time.sleep('100s')
print(n)
c:close()
time.sleep(0)
print(n)
