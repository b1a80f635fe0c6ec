-- Calls that run elsewhere, on another thread or in another lane, while the caller's task waits and others go on.

local dispatcher = require 'lua.dispatcher.dispatcher'
local clock = require 'lua.dispatcher.clock'

local M = {}

--- A call that runs elsewhere.
---@class Ticket
---@field task Task? that waits for it
---@field generation integer?
---@field done fun(value: any)? takes the answer, where no task waits
---@field over boolean the task does not wait any more

local tickets = {} ---@type table<integer, Ticket> by the numbers of calls
local last = 0 -- the last of these

--- Whether the lane has an inbox, without which no answer could come.
M.open = false

--- Tells whether a call can be waited for here.
---@return boolean
function M.possible() return M.open and dispatcher.current() ~= nil end

--- Waits for a call that `begin(number)` starts and whose answer comes to `answered`. Raises when the task is canceled.
---@param begin fun(number: integer): any gives a failure when the call could not be started: then no answer comes
---@param cancel fun(number: integer, problem: any) ends a call that nobody waits for; `problem` is nil when its time is up
---@param id any what it waits for, in words for reports
---@param ms number? how long it waits, in milliseconds
---@return boolean in_time
---@return any value
---@return any failure
function M.call(begin, cancel, id, ms)
  local task, generation = dispatcher.ticket()
  if not task then error(generation, 0) end
  last = last + 1
  local number = last
  ---@type Ticket
  local ticket = { task = task, generation = generation, done = nil, over = false }
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

--- Gives the number of a call whose answer done(value) takes, between two turns, for what no task waits for. The answer must come.
---@param done fun(value: any)
---@return integer
function M.expect(done)
  last = last + 1
  tickets[last] = { task = nil, generation = nil, done = done, over = false }
  dispatcher.expect(1)
  return last
end

--- Brings the answer to a call, as its sender gives it. One that was refused at its start has none.
---@param number integer
---@param value any
---@param failure any?
function M.answered(number, value, failure)
  local ticket = tickets[number]
  if not ticket then return end
  tickets[number] = nil
  dispatcher.expect(-1)
  if ticket.done then return ticket.done(value) end
  if not ticket.over then dispatcher.wake(ticket.task, ticket.generation, value, failure) end
end

return M
