for i = 1, 2 do
  local value, err = funcs.call('t:bomb', 0)
  assert(value == nil and err:kind() == errors.INVALID, tostring(err))
  local sentence = "the entry t:bomb can't be used: .*_index.yaml:4:%d+: compiling it takes longer than the 0.3 s that it may"
  assert(err:message():find(sentence), err:message())
end
local value, err = funcs.call('t:free', 0)
assert(err:message():find "t:free can't be used: .*0.3 s that it may", err:message())
