local D = require 'lua.dispatcher.dispatcher'
local log = {}
local ok, problem = D.run(function()
  local task, one = D.ticket()
  log[1] = D.wake(task, one, 'a', nil, 'c')
  log[2] = D.wake(task, one, 'b')
  local a, b, c = D.wait 'test'
  log[3] = a == 'a' and b == nil and c == 'c'
  local _, two = D.ticket()
  log[4] = D.wake(task, one)
  D.timer(5, D.wake, task, two)
  D.wait 'test'
  log[5] = D.wake(task, two)
  local _, three = D.ticket()
  D.timer(10, function()
    log[6] = D.wake(task, two)
    log[7] = D.wake(task, three)
    log[8] = D.wake(task, three)
  end)
  D.wait 'test'
  D.ticket()
  local _, four = D.ticket()
  D.wake(task, four)
  return task, four
end)
assert(ok, tostring(problem))
for i = 1, 8 do
  log[i] = tostring(log[i])
end
return table.concat(log, ' ')
