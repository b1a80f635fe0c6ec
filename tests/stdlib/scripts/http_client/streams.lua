local r = http.get(url .. '/pieces', { stream = true })
local text = ''
for piece in function() return r.stream:read() end do
  text = text .. piece
end
print(r.body, text, r.stream:read())
r = http.get(url .. '/large', { stream = true })
r.stream:read()
r.stream:close()
print(r.stream:read())
