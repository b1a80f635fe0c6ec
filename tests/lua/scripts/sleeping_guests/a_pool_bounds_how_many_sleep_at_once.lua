local began = time.now()
all(6, function(i) print(funcs.call('t:two', 10, tostring(i)), time.now():sub(began):milliseconds()) end)
time.sleep('1s')
