--[[ LATE_2 ]]
local log = {}
local function note(...)
  for _, each in ipairs { ... } do
    log[#log + 1] = tostring(each)
  end
end
return run(function()
  local task, ticket
  local function wait(f)
    return function()
      task, ticket = D.ticket()
      local problem, a, b = D.wait_until(clock.monotonic() + 10e6, 'test')
      note(problem == D.LATE and 'late' or tostring(problem), tostring(a), tostring(b))
      if f then f() end
    end
  end
  late(wait())
  note(D.wake(task, ticket, 1, 2), D.wake(task, ticket, 3))
  settle()
  late(wait())
  settle()
  note(D.wake(task, ticket, 4))
  -- One that is canceled then has heard that it is late, and hears the rest when it waits again.
  late(wait(function() note(D.pause()) end))
  D.cancel(task)
  settle()
  note(require('lua.dispatcher.timers').any())
  return table.concat(log, ' ')
end)
