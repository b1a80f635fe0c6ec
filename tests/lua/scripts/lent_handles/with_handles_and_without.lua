for round = 1, 2 do
  local thing = assert(funcs.call('t:thing', 5))
  for i = 1, 3 do
    print(funcs.call('t:count', {}, false), funcs.call('t:count', { thing, thing }, false), funcs.call('t:count', { thing }, false))
  end
  print((select(2, funcs.call('t:count', {}, true)):message():gsub('^.*: ', '')))
  print(funcs.call('t:count', {}, false))
  local other = assert(funcs.call('t:thing', 6))
  print(funcs.call('t:count', { other }, false))
  print((select(2, funcs.call('t:count', { other }, true)):message():gsub('^.*: ', '')))
  print(funcs.call('t:count', {}, false))
end
