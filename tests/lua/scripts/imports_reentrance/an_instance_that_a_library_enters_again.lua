local thing = assert(funcs.call('t:thing', 5))
for i = 1, 2 do
  print(funcs.call('t:ask', '', 'WAY'))
  print(thing:ask('', 'WAY'))
  print(thing:value())
end
print(funcs.call('t:ask', '', 'nothing'))
print(funcs.call('t:dropped'))
