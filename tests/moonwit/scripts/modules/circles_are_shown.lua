print(pcall(require, 'a'))
local found = channel.new(2)
for _, name in ipairs { 'x', 'y' } do
  coroutine.spawn(function() found:send(tostring(select(2, pcall(require, name)))) end)
end
local one, two = found:receive(), found:receive()
print((one .. two):find 'in a circle' ~= nil)
