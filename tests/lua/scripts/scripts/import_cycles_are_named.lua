local a, b = { id = 'app:a', source = 'return {}' }, { id = 'app:b', source = 'return {}' }
a.imports, b.imports = { b = b }, { a = a }
local f, e = entry { source = 'return print', imports = { a = a } }
return f, e:message()
