-- Finds rings of tasks that wait for one another, before they close: each would wait forever.
--
-- A task that waits for another one says so in `awaits`. One that waits for its turn, where tasks take turns, says so in `place`: a place
-- {task, generation, of = what is taken in turns, whose `task` has the turn, ring = what the place is answered with should it close a ring}.

local waiting = require 'lua.dispatcher.waiting'

local M = {}

-- How many tasks are looked at. A script may make longer chains, and rings of its own; those are left to the report of deadlocks.
local MOST = 1000

--- Tells whether `task` waits for `other` in the end, or is it; and gives the last task on the way that waits for its turn, or nil.
function M.leads(task, other)
  local last
  for _ = 1, MOST do
    if not task then return false end
    if task == other then return true, last end
    if task.place then
      last, task = task, task.place.of.task
    else
      task = task.awaits
    end
  end
  return false
end

--- Has the task that runs wait for another one, as `waiting.suspend` does. A task in between that waits for its turn, which would never come
-- then, is told so.
function M.await(task, kind, detail)
  local own = waiting.current()
  local closes, last = M.leads(task, own)
  if closes and last then waiting.wake(last, last.place[2], last.place.ring) end
  own.awaits = task
  local problem, a, b, c = waiting.suspend(kind, detail)
  own.awaits = nil
  return problem, a, b, c
end

return M
