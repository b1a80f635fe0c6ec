-- A gate: tasks wait before it, in order, until somebody lets them through, such as the callers of a full pool.

local waiting = require 'lua.dispatcher.waiting'

local ticket, wake, wait_until = waiting.ticket, waiting.wake, waiting.wait_until

local M = {}

--- Makes a gate. Where tasks take turns, `turns` is what they take them in: its `task` has the turn, and a wait that would close a ring
--- (lua/dispatcher/rings.lua) ends with the problem `ring`.
function M.new(turns, ring) return { first = nil, last = nil, count = 0, turns = turns, ring = ring } end

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
--- dispatcher.wait_until does, or nil and what `admit` was given.
function M.wait(gate, deadline, kind, detail)
  local task, generation = ticket()
  if not task then return generation end
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
function M.admit_all(gate, answer)
  while M.admit(gate, answer) do
  end
end

--- Has a wait before a gate end with the problem of a ring.
function M.break_ring(waiter) wake(waiter.task, waiter.generation, waiter.gate.ring) end

return M
