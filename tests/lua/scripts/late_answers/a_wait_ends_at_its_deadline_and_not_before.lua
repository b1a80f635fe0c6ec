--[[ LATE_2 ]]
local log = {}
return run(function()
  local task, ticket
  for _, ms in ipairs { 5, 0, -5 } do
    local before = clock.monotonic()
    D.ticket()
    local problem = D.wait_until(before + ms * 1e6, 'test')
    log[#log + 1] = (problem == D.LATE and 'late ' or '?') .. (clock.monotonic() - before) / 1e6
  end
  task, ticket = D.ticket()
  D.timer(clock.monotonic() + 1e12, D.wake, task, ticket)
  log[#log + 1] = tostring(select(2, D.wait_until(nil, 'test'))) .. clock.monotonic() / 1e6
  task, ticket = D.ticket()
  D.wake(task, ticket, 'before')
  log[#log + 1] = select(2, D.wait_until(clock.monotonic() - 1, 'test'))
  D.sleep(1e6)
  log[#log + 1] = clock.monotonic() / 1e6
  return table.concat(log, ', ')
end)
