for _ = 1, 3 do
  local value, err = funcs.call('t:short', '1h')
  assert(value == nil and err:kind() == 'Timeout' and err:message():find '30 ms', tostring(err))
  assert(funcs.call('t:short', '1ms') == 'rested')
end
