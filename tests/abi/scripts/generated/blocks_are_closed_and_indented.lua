local block = require('lua.abi.emitter').block('function(%s)', 'v')
block:put 'local a = v % 2\nlocal b'
block:open('if a == %d then', 1)
block:put 'b = 1'
block:turn 'else'
block:within('while a do', 'a = nil')
block:within('while a do', '-- ' .. ('long '):rep(30))
return block:text()
