local channel, time = require 'channel', require 'time'

local n, c = 0, channel.new()
for i = 1, 100000 do
  coroutine.spawn(function()
    time.sleep(i % 100 * 10 * time.MILLISECOND)
    n = n + 1
    c:receive()
    n = n + 1
  end)
end
while n < 100000 do
  time.sleep('10ms')
end
print(n)
c:close()
while n < 200000 do
  time.sleep('10ms')
end
print(n)
