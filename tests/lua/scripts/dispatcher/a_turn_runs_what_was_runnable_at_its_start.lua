local n = 0
local function again()
  n = n + 1
  coroutine.spawn(again)
end
coroutine.spawn(again)
local c = channel.new()
coroutine.spawn(function()
  while true do
    c:send(1)
  end
end)
coroutine.spawn(function()
  while true do
    c:receive()
  end
end)
for i = 1, 10 do
  time.sleep(0)
end
print(n > 5 and n < 20)
