-- A gate: tasks wait before it, in order, until somebody lets them through, such as the callers of a full pool.

local waiting = require 'lua.dispatcher.waiting'

local ticket, wake, wait_until = waiting.ticket, waiting.wake, waiting.wait_until

local M = {}

---@class Gate
---@field first Waiter? those who wait, in order
---@field last Waiter?
---@field count integer how many those are, with those who have been let through and have not gone on yet
---@field turns table? what tasks take turns in: its `task` has the turn
---@field ring any? the problem of a wait that would close a ring (lua/dispatcher/rings.lua)

--- A task that waits before a gate.
---@class Waiter
---@field gate Gate
---@field task Task
---@field generation integer its ticket
---@field queued boolean it is in the queue
---@field before Waiter? its neighbors there
---@field after Waiter?

--- Makes a gate. Where tasks take turns, `turns` is what they take them in; a wait that would close a ring ends with the problem `ring`.
---@param turns table?
---@param ring any?
---@return Gate
function M.new(turns, ring) return { first = nil, last = nil, count = 0, turns = turns, ring = ring } end

---@param gate Gate
---@param waiter Waiter
local function append(gate, waiter)
  local last = gate.last
  waiter.before, gate.last = last, waiter
  if last then
    last.after = waiter
  else
    gate.first = waiter
  end
  waiter.queued = true
end

---@param gate Gate
---@param waiter Waiter
local function remove(gate, waiter)
  if not waiter.queued then return end
  local before, after = waiter.before, waiter.after
  if before then
    before.after = after
  else
    gate.first = after
  end
  if after then
    after.before = before
  else
    gate.last = before
  end
  waiter.queued, waiter.before, waiter.after = false, nil, nil
end

--- Waits before a gate until it is opened for the task that runs, until `deadline` at most (nil: without end). Returns a problem as
---- dispatcher.wait_until does, or nil and what `admit` was given.
---@param gate Gate
---@param deadline number? monotonic nanoseconds
---@param kind string
---@param detail any?
---@return any problem
---@return any answer
function M.wait(gate, deadline, kind, detail)
  local task, generation = ticket()
  if not task then return generation end
  ---@type Waiter
  local waiter = { gate = gate, task = task, generation = generation, queued = false, before = nil, after = nil }
  append(gate, waiter)
  gate.count = gate.count + 1
  task.waiter = waiter
  local problem, answer = wait_until(deadline, kind, detail)
  task.waiter = nil
  gate.count = gate.count - 1
  remove(gate, waiter)
  if not problem and answer ~= nil and answer == gate.ring then return answer end
  return problem, answer
end

--- Opens a gate for the first who still waits; tells whether there was one.
---@param gate Gate
---@param answer any? what its `wait` gives
---@return boolean
function M.admit(gate, answer)
  local waiter = gate.first
  while waiter do
    remove(gate, waiter)
    if wake(waiter.task, waiter.generation, answer) then return true end
    waiter = gate.first
  end
  return false
end

--- Opens a gate for all who wait.
---@param gate Gate
---@param answer any?
function M.admit_all(gate, answer)
  while M.admit(gate, answer) do
  end
end

--- Has a wait before a gate end with the problem of a ring.
---@param waiter Waiter
function M.break_ring(waiter) wake(waiter.task, waiter.generation, waiter.gate.ring) end

return M
