local a, b = channel.new(1), channel.new(1)
b:send('b')
a:send('a')
local r = channel.select { b:case_receive(), a:case_receive() }
print(r.channel == b, r.value, r.ok, r.default)
r = channel.select { b:case_receive(), a:case_receive(), default = true }
print(r.channel == a, r.value, r.ok, r.default)
r = channel.select { b:case_receive(), a:case_receive(), default = true }
print(r.channel, r.value, r.ok, r.default)
r = channel.select { default = true }
print(r.default, r.ok)
r = channel.select { a:case_receive(), b:case_send('x') }
print(r.channel == b, r.value, r.ok, b:receive())
a:close()
r = channel.select { a:case_receive(), default = true }
print(r.channel == a, r.value, r.ok, r.default)
