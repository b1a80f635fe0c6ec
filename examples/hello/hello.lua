-- The smallest project: two WebAssembly functions from _index.yaml, called by name.
local funcs = require('funcs')

for _, id in ipairs({ 'demo:answer', 'demo:answer_file' }) do
  local answer, err = funcs.call(id)
  if err then error(err) end
  print(id .. '() = ' .. answer)
end
