local order = {}
local co = coroutine.spawn(function() pcall(http.get, url .. '/slow') end)
for i = 1, 3 do
  order[i] = http.get(url .. '/' .. i).status_code
end
print(table.concat(order, ' '))
coroutine.cancel(co)
