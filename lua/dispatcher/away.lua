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
  local timer = ms and dispatcher.timer(clock.monotonic() + ms * 1e6, dispatcher.wake, task, generation)
  local problem = dispatcher.suspend('funcs.call', id)
  if timer then dispatcher.cancel_timer(timer) end
  if tickets[number] then
    tickets[number].over = true
    cancel(number, problem)
    if problem then error(problem, 0) end
    return false
  end
  if problem then error(problem, 0) end
  -- From the ticket: the answer may have come after the task was woken by its timer, and before it went on.
  return true, ticket.value, ticket.failure
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
  ticket.value, ticket.failure = value, failure
  if not ticket.over then dispatcher.wake(ticket[1], ticket[2]) end
end

return M
