local D = require 'lua.dispatcher.dispatcher'
local idled, wake = 0, nil
D.idle_by(function(ns)
  idled = idled + 1
  assert(ns == nil)
  if idled == 3 then wake = true end
end)
local task, generation
D.on_turn(function()
  if wake then
    wake = false
    return D.wake(task, generation, 'answer')
  end
end)
local ok, value = D.run(function()
  D.timer(1e9, error, 'time has moved')
  task, generation = D.ticket()
  D.expect(1)
  local value = D.wait 'outside'
  D.expect(-1)
  return value
end)
return ok and value .. idled
