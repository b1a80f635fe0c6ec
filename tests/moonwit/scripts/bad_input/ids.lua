for _, id in ipairs { '', ':', 't:', ':ok', 'ok', ('x'):rep(100000), 5, true, {}, print, 5LL } do
  local v, err = funcs.call(id)
  assert(v == nil and err:kind() == errors.INVALID and #err:message() < 300, tostring(err))
end
for _, id in ipairs { 't:no', 'T:ok', 't:ok ', 't::ok', 't:ok\0', 'u:ok', 'ü:ö', 't:' .. ('x'):rep(100000) } do
  local v, err = funcs.call(id)
  assert(v == nil and err:kind() == errors.NOT_FOUND and #err:message() < 300, tostring(err))
end
print(select(2, funcs.call('t:okk')))
