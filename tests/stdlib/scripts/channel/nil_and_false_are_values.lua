local b, u = channel.new(3), channel.new()
b:send(nil)
b:send(false)
b:send(nil)
print(b:receive())
print(b:receive())
print(b:receive())
coroutine.spawn(function()
  u:send(nil)
  u:send(false)
  channel.select { u:case_send(false) }
  channel.select { u:case_send(nil) }
end)
print(u:receive())
print(u:receive())
for i = 1, 2 do
  local r = channel.select { u:case_receive() }
  print(r.value, r.ok)
end
