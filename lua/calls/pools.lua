-- Pools: how many calls of a function may be under way at once in this lane, who waits for a place, and what is counted.
--
-- Only calls that may wait need a place: a guest that can't wait is done before anything else of its lane goes on.
--   local stay, problem, waited = pools.enter(pool, deadline)    -- waits in order while the pool is full
--   if not stay then ... pools.LATE, or the error that canceled the task ... end
--   ... make the call ...
--   pools.leave(stay)                                     -- exactly once; hands the place to the first who waits
-- `deadline` is on clock.monotonic, nil for none. A task that is inside a pool may enter it again without a place: it would wait for
-- itself. That is known from `task.stay`, the task's innermost stay, each of which knows the one around it in `around`. Whoever runs
-- part of a call in another task sets `stay` there: `child.stay = parent.stay`. How calls end is counted by lua/calls/counted.lua.

local buffer = require 'string.buffer'
local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'

-- What is counted, as lua/calls/statistics.py reads it. Times are nanoseconds; `timed` says how many calls stand in `executed`, and
-- `between` - `left` how many were made that are not in `calls` yet.
ffi.cdef [[
typedef struct {
  double calls, errors, timeouts, live, made, replaced, waiting, most_waiting, waited, queued, most_queued, timed, executed, most_executed;
  int32_t left, between;
} mw_counts;
]]

local monotonic, max = clock.monotonic, math.max

local M = {}

-- What `enter` says when the deadline has passed.
M.LATE = 'late'

local PLACE = 'place'

local pools, host = {}, nil

-- Sets the Python functions of lua/calls/entries.py by name.
function M.setup(given) host = given end

-- What is counted of an id in all lanes, or of each that was used for nil; lua/calls/statistics.py says what is in it.
function M.read(id) return buffer.decode(host.statistics(id or '')) end

-- A gate: so many are inside at once, the others wait in order.
local function gate() return { bound = nil, inside = 0, waiting = 0, first = nil, last = nil } end

-- Waits for a place behind a gate; returns M.LATE, the error that canceled the task, or nil.
local function wait(self, what, id, deadline)
  local task, generation = dispatcher.ticket()
  local waiter = { task = task, generation = generation, next = nil }
  if self.last then
    self.last.next = waiter
  else
    self.first = waiter
  end
  self.last = waiter
  self.waiting = self.waiting + 1
  local timer = deadline and dispatcher.timer(deadline, dispatcher.wake, task, generation)
  local problem, answer = dispatcher.suspend(what, id)
  if timer then dispatcher.cancel_timer(timer) end
  self.waiting = self.waiting - 1
  if problem then return problem end
  if answer ~= PLACE then return M.LATE end
end

-- Wakes the first who still waits; tells whether there was one.
local function wake_first(self)
  while self.first do
    local waiter = self.first
    self.first = waiter.next
    if not self.first then self.last = nil end
    if dispatcher.wake(waiter.task, waiter.generation, PLACE) then return true end
  end
  return false
end

local function is_full(self) return self.bound and self.inside >= self.bound end

-- The pool of an id: the same one for each caller. `bound` is how many places it has (nil: without bound), `room` how many calls may
-- wait before a caller of funcs.async has to wait itself (nil: without bound).
function M.of(id, bound, room)
  local pool = pools[id]
  if not pool then
    pool = { id = id, places = gate(), crowd = gate(), counts = ffi.cast('mw_counts *', buffer.decode(host.counts(id))) }
    pools[id] = pool
  end
  if bound then
    pool.places.bound, pool.room = bound, room
  end
  return pool
end

local function is_inside(task, pool)
  local stay = task and task.stay
  while stay do
    if stay.pool == pool then return true end
    stay = stay.around
  end
  return false
end

-- Waits until a place is free and counts the wait; returns a problem as `wait` does.
local function queue(pool, deadline)
  local counts, places, began = pool.counts, pool.places, monotonic()
  counts.waiting = places.waiting + 1
  counts.most_waiting = max(counts.most_waiting, counts.waiting)
  local problem = wait(places, 'funcs.call (its pool is full)', pool.id, deadline)
  local queued = monotonic() - began
  counts.waiting = places.waiting
  wake_first(pool.crowd)
  counts.waited, counts.queued, counts.most_queued = counts.waited + 1, counts.queued + queued, max(counts.most_queued, queued)
  local task = dispatcher.current()
  task.queued = (task.queued or 0) + queued
  return problem
end

function M.enter(pool, deadline)
  local task = dispatcher.current()
  local counted, waited = not is_inside(task, pool), false
  if counted then
    if task and is_full(pool.places) then
      local problem = queue(pool, deadline)
      if problem then return nil, problem end
      waited = true
    else
      pool.places.inside = pool.places.inside + 1
    end
  end
  local stay = { pool = pool, task = task, around = task and task.stay, counted = counted }
  if task then task.stay = stay end
  return stay, nil, waited
end

-- Says that the task is no longer inside, while the place is still taken.
function M.depart(stay)
  local task = stay.task
  if not task then return end
  stay.task = nil
  local inner, here = nil, task.stay
  while here and here ~= stay do
    inner, here = here, here.around
  end
  if not here then return end
  if inner then
    inner.around = stay.around
  else
    task.stay = stay.around
  end
end

function M.leave(stay)
  M.depart(stay)
  if not stay.counted then return end
  local places = stay.pool.places
  if not wake_first(places) then
    places.inside = places.inside - 1
    wake_first(stay.pool.crowd)
  end
end

--- Leaves after a pcall; gives its results, or raises its error.
function M.leaving(stay, ok, ...)
  M.leave(stay)
  if not ok then error((...), 0) end
  return ...
end

--- Waits, before a call in the background is started, until it can at least wait in the queue. Raises when the task is canceled.
function M.await_room(pool)
  local crowd = pool.crowd
  if not pool.room or not is_full(pool.places) or not crowd.first and pool.places.waiting < pool.room then return end
  local problem = wait(crowd, 'funcs.async (the queue of its pool is full)', pool.id)
  if problem then error(problem, 0) end
end

return M
