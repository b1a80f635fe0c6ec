for _ = 1, 5 do
  local value, err = CALL
  assert(value == nil and err:kind() == 'Unavailable', tostring(value))
  assert(err:message():find('no lane could be started for its call', 1, true), err:message())
  assert(err:message():find("can't start new thread", 1, true), err:message())
end
