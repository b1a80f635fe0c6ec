local D = require 'lua.dispatcher.dispatcher'
local log, task, generation = {}, nil, nil
D.on_idle(function() log[#log + 1] = 'first' end)
D.on_idle(function()
  log[#log + 1] = 'second'
  if log[6] then D.wake(task, generation) end
end)
D.idle_by(function() log[#log + 1] = 'idle' end)
assert(D.run(function()
  task, generation = D.ticket()
  D.expect(1)
  D.wait 'outside'
  D.expect(-1)
end))
return table.concat(log, ' ')
