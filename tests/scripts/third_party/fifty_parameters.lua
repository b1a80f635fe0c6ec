local list = {}
for i = 0, 49 do
  list[i + 1] = value(i)
end
local back = call('fifty', unpack(list, 1, 50))
for i = 0, 49 do
  assert(same(back[i + 1] ~= wit.none and back[i + 1] or nil, list[i + 1]), i)
end
list[48] = 'x'
local v, err = funcs.call('t:fifty', unpack(list, 1, 50))
assert(err:message() == 'fifty: parameter 48 (p47: s64): expected an integer, got "x"', err:message())
v, err = funcs.call('t:fifty', 1)
assert(err:message():find('got nil; the function takes 50 arguments', 1, true), err:message())
