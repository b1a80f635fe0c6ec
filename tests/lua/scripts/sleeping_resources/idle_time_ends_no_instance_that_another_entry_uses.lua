print(funcs.call('t:dropped'))
print(funcs.call('t:alone', 1))
coroutine.spawn(function() print(funcs.call('t:alone', 3600000)) end)
for i = 1, 3700 do
  time.sleep('1s')
end
print(funcs.call('t:alone', 2))
