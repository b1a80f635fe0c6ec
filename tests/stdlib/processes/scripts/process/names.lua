local pid = process.spawn_monitored 't:idle'
local names = process.registry
print(names.register('worker', pid), names.register('worker', pid), names.lookup 'worker' == pid)
local taken, problem = names.register 'worker'
print(taken, problem:kind())
names.register 'me'
print(names.unregister 'me', (names.unregister 'me'))
local none, missing = names.lookup 'me'
print(none, missing:kind())
process.send('worker', 'end')
process.events():receive()
local gone, why = names.lookup 'worker'
local unsent, too = process.send(pid, 'end')
print(gone, why:kind(), unsent, too:kind())
local far, refused = names.register('far', nil, names.STRONG)
print(far, refused:kind())
