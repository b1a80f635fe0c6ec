local done = channel.new(20)
for i = 1, 10 do
  coroutine.spawn(function() done:send(require('slow').n) end)
end
for i = 1, 10 do
  assert(done:receive() == 1)
end
for i = 1, 2 do
  coroutine.spawn(function() done:send((pcall(require, 'flaky'))) end)
end
local one, two = done:receive(), done:receive()
print(runs, one, two, require 'flaky')
