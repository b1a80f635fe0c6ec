for _, id in ipairs { 't:nothing', 'nothing', 5, {} } do
  local future, err = funcs.async(id)
  assert(future == nil and errors.is(err, err:kind()) and err:message() ~= '', tostring(err))
end
local value, err = funcs.async('t:work', 'x'):await()
assert(value == nil and err:kind() == 'Invalid')
