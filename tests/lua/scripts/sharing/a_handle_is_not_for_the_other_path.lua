for made, called in pairs { ['s:make'] = 's:sum', ['s:far'] = 's:near' } do
  local a = assert(funcs.call(made, 4))
  local value, err = funcs.call(called, a, a)
  local sentence = 'belongs to an instance of ' .. made .. ', which differs from ' .. called .. ' in its call path (`engine`)'
  assert(value == nil and err:message():find(sentence, 1, true), err:message())
end
