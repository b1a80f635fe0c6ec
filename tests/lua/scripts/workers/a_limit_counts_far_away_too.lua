for _ = 1, 4 do
  local value, err = funcs.call('t:spin')
  assert(value == nil and err:kind() == 'Timeout' and err:message():find '100 ms', tostring(err))
end
