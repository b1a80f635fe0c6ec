local all = {}
for i = 1, 64 do
  all[i] = assert(http.get(url .. '/pieces', { stream = true }))
end
print(http.get(url .. '/pieces', { stream = true }))
print(http.get(url .. '/echo').status_code)
all[1].stream:close()
all[1].stream:close()
print(http.get(url .. '/pieces', { stream = true }).status_code)
for i = 2, 64 do
  all[i] = nil
end
for i = 1, 100 do
  assert(http.get(url .. '/pieces', { stream = true }))
end
for i = 1, 100 do
  local r = assert(http.get(url .. '/pieces', { stream = true }))
  while r.stream:read() do
  end
  all[i] = r
end
for i = 1, 100 do
  assert(not http.get('http://127.0.0.1:1/', { stream = true }))
end
print(http.get(url .. '/pieces', { stream = true }).status_code)
