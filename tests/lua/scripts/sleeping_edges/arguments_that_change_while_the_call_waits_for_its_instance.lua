local numbers, same = { 1, 2, 3 }, { 4, 5, 6 }
coroutine.spawn(function() print(funcs.call('t:sum', 10, same)) end)
time.sleep('1ms')
coroutine.spawn(function() print((select(2, funcs.call('t:sum', 10, numbers)))) end)
coroutine.spawn(function() print(funcs.call('t:sum', 10, same)) end)
time.sleep('1ms')
numbers[2] = 'two'
same[4] = 7
time.sleep('1s')
