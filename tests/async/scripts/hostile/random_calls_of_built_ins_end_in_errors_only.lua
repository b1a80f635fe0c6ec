local failed = 0
for i = 0, FUNCTIONS - 1 do
  local value, err = funcs.call('t:f' .. i)
  assert(value ~= nil or err ~= nil)
  if err then
    failed = failed + 1
    assert(not err:message():find 'a mistake in Moonwit', err:message())
  end
end
assert(failed > FUNCTIONS / 2)
