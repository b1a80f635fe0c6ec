local calls, dispatcher = require 'lua.calls.calls', require 'lua.dispatcher.dispatcher'
return function(n)
  local said, fine = {}, 0
  for i = 0, n do
    local ok, value, problem = dispatcher.run(calls.call, 't:go', i)
    if not ok then return tostring(value) end
    if problem == nil then
      fine = fine + 1
    else
      said[#said + 1] = problem:message()
    end
  end
  return table.concat(said, '\n'), fine
end
