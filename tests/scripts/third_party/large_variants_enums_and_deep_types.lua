local deep = { 1, 2 } -- list, option, tuple, result, list, ...
for level = 1, 29 do
  if level % 4 == 3 then
    deep = { ok = deep }
  elseif level % 4 ~= 1 then
    deep = { deep }
  end
end
deep = wit.some(deep)
local pad = {}
for i = 1, 17 do
  pad[i] = i
end
local payloads = { [0] = 7, 'text', 1.5, 2 ^ 40, { 3, 'x' }, 'bytes' }
for i = 0, 299, 7 do
  local case = 'c' .. i
  local value = i % 3 == 0 and case or { [case] = payloads[i % 6] }
  local back = call('kinds', value, 'e' .. i, { 'b0', 'b31' }, deep, pad)
  assert(same(back[1], value), case)
  assert(back[2] == 'e' .. i and same(back[3], { b0 = true, b31 = true }) and back[5][17] == 17)
  assert(type(back[4][1].ok[1][1].ok) == 'table')
end
local v, err = funcs.call('t:kinds', 'c300', 'e0', {}, nil, pad)
assert(err:kind() == errors.INVALID and err:message():find('parameter 1 (m: many): unknown case', 1, true), err:message())
