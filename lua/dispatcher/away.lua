-- Calls that run elsewhere, on another thread or in another lane, while the caller's task waits and others go on.

local dispatcher = require 'lua.dispatcher.dispatcher'
local clock = require 'lua.dispatcher.clock'

local M = {}

local tickets, last = {}, 0 -- number -> {task, generation}, or {done = function}

-- Whether the lane has an inbox, without which no answer could come.
M.open = false

-- Tells whether a call can be waited for here.
function M.possible() return M.open and dispatcher.current() ~= nil end

-- Waits for a call that `begin(number)` starts and whose answer comes to `answered`. Gives true and the answer, its value or nil and its
-- failure; or false when `ms` milliseconds (nil: no limit) have passed. `begin` gives a failure when the call could not be started: then
-- no answer comes. Raises when the task is canceled. `cancel(number, problem)` ends a call that nobody waits for; `problem` is nil when
-- its time is up.
function M.call(begin, cancel, id, ms)
  local task, generation = dispatcher.ticket()
  if not task then error(generation, 0) end
  last = last + 1
  local number = last
  ---@type table
  local ticket = { task, generation }
  tickets[number] = ticket
  dispatcher.expect(1)
  local started, refused = pcall(begin, number)
  if not started or refused ~= nil then
    tickets[number] = nil
    dispatcher.expect(-1)
    if not started then error(refused, 0) end
    return true, nil, refused
  end
  local problem, value, failure = dispatcher.wait_until(ms and clock.monotonic() + ms * 1e6, 'funcs.call', id)
  if not problem then return true, value, failure end
  local late = problem == dispatcher.LATE
  -- The answer may have come after the task was canceled, and before it went on.
  if tickets[number] then
    ticket.over = true
    cancel(number, not late and problem or nil)
  end
  if not late then error(problem, 0) end
  return false
end

-- Gives the number of a call whose answer done(value) takes, between two turns, for what no task waits for. The answer must come.
function M.expect(done)
  last = last + 1
  tickets[last] = { done = done }
  dispatcher.expect(1)
  return last
end

-- Brings the answer to a call: `value`, or `failure`, as its sender gives them. One that was refused at its start has none.
function M.answered(number, value, failure)
  local ticket = tickets[number]
  if not ticket then return end
  tickets[number] = nil
  dispatcher.expect(-1)
  if ticket.done then return ticket.done(value) end
  if not ticket.over then dispatcher.wake(ticket[1], ticket[2], value, failure) end
end

return M
