-- The guest's environment follows the variables from call to call.
print(funcs.call('demo:greet', 'Ann'))

assert(env.set('demo:greeting', 'Good evening'))
print(funcs.call('demo:greet', 'Ann'))

local ok, err = env.set('demo:mark', '?')
print(ok, err:kind(), err)

for name, value in pairs(env.get_all()) do
  if name == 'GREETER_MARK' then print(name, value) end
end
