do
  local thing = assert(funcs.call('t:thing', 7))
end
coroutine.spawn(function() print(funcs.call('t:alone', 100)) end)
time.sleep('1ms')
collectgarbage()
collectgarbage()
print(select('#', funcs.call('t:dropped')))
print(funcs.call('t:dropped'))
