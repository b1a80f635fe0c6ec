local calls = 0
for i = 0, 59 do
  local v, err = funcs.call('t:f' .. i, 'text')
  assert(v ~= nil or err:kind() ~= errors.UNKNOWN, tostring(err))
  assert(funcs.call('t:ok') == 42)
  calls = calls + 1
end
print(calls)
