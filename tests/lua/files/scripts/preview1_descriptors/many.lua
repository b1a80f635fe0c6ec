local funcs = require('funcs')
local function main(count)
  local all, made = {}, 0
  for i = 1, count do
    all[i] = assert(funcs.async('t:sleeper'))
  end
  for i = 1, count do
    made = made + assert(all[i]:await())
  end
  return made
end
return { main = main }
