-- The command `welcome`: greets everybody who is named. Its exit code is 2 when nobody is.
local env = require('env')
local funcs = require('funcs')

return function(...)
  local names = { ... }
  if names[1] == '--with' then
    local ok, err = env.set('demo:greeting', names[2] or '')
    if not ok then return nil, err end
    names = { select(3, ...) }
  end
  if #names == 0 then
    print('welcome: name somebody')
    return 2
  end
  for _, name in ipairs(names) do
    local text, err = funcs.call('demo:greet', name)
    if err then return nil, err end
    print(text)
  end
end
