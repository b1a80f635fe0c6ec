local began = time.now()
local value, err = funcs.call('t:nap-50', 10000)
print(value, err:kind(), err:message(), time.now():sub(began):milliseconds())
print(funcs.call('t:nap-50', 49))
