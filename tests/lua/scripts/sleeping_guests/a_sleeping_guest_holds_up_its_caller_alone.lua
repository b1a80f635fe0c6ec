coroutine.spawn(function()
  for i = 1, 3 do
    time.sleep('10ms')
    print('tick', i)
  end
end)
for i = 1, 3 do
  coroutine.spawn(function() print(funcs.call('t:echo-after', 40 - i * 12, 'guest ' .. i)) end)
end
print('main goes on')
time.sleep('1s')
