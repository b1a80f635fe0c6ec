local value, err = funcs.call('t:limited', 't:idle')
print(value, err:kind())
time.sleep '1ms'
local pid, gone = process.registry.lookup 'limited'
print(pid, gone:kind())
value, err = funcs.call('t:limited', 't:stubborn')
print(value, err:kind())
