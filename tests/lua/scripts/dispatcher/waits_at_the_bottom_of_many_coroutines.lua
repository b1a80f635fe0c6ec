local function deep(n)
  if n == 0 then
    time.sleep(1)
    return 'bottom'
  end
  return coroutine.wrap(deep)(n - 1)
end
for i = 1, 3 do
  coroutine.spawn(function() print(deep(199)) end)
end
time.sleep(0)
print(deep(199))
print(pcall(deep, 201))
print(deep(199))
