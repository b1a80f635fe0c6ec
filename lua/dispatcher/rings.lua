-- Finds rings of tasks that wait for one another, before they close: each would wait forever.
--
-- A task that waits for another one says so in `awaits`. One that waits for its turn, where tasks take turns, says so in `waiter`, which
-- stands before a gate (lua/dispatcher/gate.lua).

local gate = require 'lua.dispatcher.gate'
local waiting = require 'lua.dispatcher.waiting'

local M = {}

-- How many tasks are looked at. A script may make longer chains, and rings of its own; those are left to the report of deadlocks.
local MOST = 1000

--- Tells whether `task` waits for `other` in the end, or is it; and gives the last one on the way that waits for its turn, or nil.
---@param task Task?
---@param other Task?
---@return boolean
---@return Waiter?
function M.leads(task, other)
  local last
  for _ = 1, MOST do
    if not task then return false end
    if task == other then return true, last end
    local waiter = task.waiter
    if waiter and waiter.gate.turns then
      last, task = waiter, waiter.gate.turns.task
    else
      task = task.awaits
    end
  end
  return false
end

--- Says that the task that runs waits for another one from now on, until `leave`. A task in between whose turn would never come then gets
--- an error.
---@param task Task?
function M.enter(task) M.move(waiting.current(), task) end

--- Says that `own`, which waits for one task, waits for another one from now on.
---@param own Task
---@param task Task?
function M.move(own, task)
  local closes, last = M.leads(task, own)
  if closes and last then gate.break_ring(last) end
  own.awaits = task
end

--- Ends what `enter` has begun.
function M.leave() waiting.current().awaits = nil end

--- Has the task that runs wait for another one, as dispatcher.wait_until does; gives its problem.
---@param task Task
---@param deadline number?
---@param kind string
---@param detail any?
---@return any problem
function M.await(task, deadline, kind, detail)
  M.enter(task)
  local problem = waiting.wait_until(deadline, kind, detail)
  M.leave()
  return problem
end

return M
