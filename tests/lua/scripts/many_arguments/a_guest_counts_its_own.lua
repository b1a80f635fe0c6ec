local t = {}
for i = 1, 7900 do
  t[i] = i
end
local value, err = funcs.call('p:add', unpack(t))
assert(value == nil and err:message() == 'add: expected 2 arguments, got 7900', err)
assert(funcs.call('p:add', 1, 2) == 3)
