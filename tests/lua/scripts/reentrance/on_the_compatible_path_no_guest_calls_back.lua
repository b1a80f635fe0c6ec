for i = 1, 2 do
  local thing = assert(funcs.call('t:thing', 5))
  print(select(2, funcs.call('t:ask', 't:lua', 'same')))
  print(select(2, thing:value()))
end
print(funcs.call('t:dropped'))
