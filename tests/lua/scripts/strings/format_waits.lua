local format = require('lua.scripts.strings').format
return function(count, place)
  local values = {}
  for i = 1, count do
    values[i] = '-'
  end
  values[place] = setmetatable({}, { __tostring = function() return coroutine.yield() end })
  local run = coroutine.wrap(function() return format(('%s'):rep(count), unpack(values)) end)
  run()
  return run 'x'
end
