local thing = assert(funcs.call('t:thing', 5))
assert(funcs.call('t:lua', 'keep'))
local began = time.now()
for i = 1, 2 do
  print(funcs.call('t:ask', 't:lua', 'WAY'))
  if 'WAY' == 'collect' then assert(funcs.call('t:lua', 'keep')) end
  print(thing:ask('t:lua', 'WAY'))
  if 'WAY' == 'collect' then assert(funcs.call('t:lua', 'keep')) end
  print(thing:value())
end
print(time.now():sub(began):milliseconds() < 100)
print(funcs.call('t:ask', 't:lua', 'nothing'))
print(funcs.call('t:dropped'))
