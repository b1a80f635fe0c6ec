local last = { id = 'app:l0', source = 'return {}' }
for i = 1, 5000 do
  last = { id = 'app:l' .. i, source = 'return {}', imports = { x = last } }
end
local f, e = entry { source = 'return print', imports = { x = last } }
return e:message()
