-- Pools: how many calls of a function may be under way at once in this lane, who waits for a place, and what is counted.
--
-- Only calls that may wait need a place: a guest that can't wait is done before anything else of its lane goes on.
--   local stay, problem, waited = pools.enter(pool, deadline)    -- waits in order while the pool is full
--   if not stay then ... dispatcher.LATE, or the error that canceled the task ... end
--   ... make the call ...
--   pools.leave(stay)                                     -- exactly once; hands the place to the first who waits
-- `deadline` is on clock.monotonic, nil for none. A task that is inside a pool may enter it again without a place: it would wait for
-- itself. That is known from `task.stay`, the task's innermost stay, each of which knows the one around it in `around`. A task that
-- runs part of a call for another gets its `stay`: `child.stay = parent.stay`. How calls end is counted by lua/pools/counted.lua.

local buffer = require 'string.buffer'
local facts = require 'lua.border.facts'
local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'
local gate = require 'lua.dispatcher.gate'

-- What is counted, as lua/pools/statistics.py reads it. Times are nanoseconds; `timed` says how many calls stand in `executed`, and
-- `between` - `left` how many were made that are not in `calls` yet.
ffi.cdef('typedef struct { double ' .. table.concat(facts.COUNTS, ', ') .. '; int32_t left, between; } mw_counts;')

local monotonic, max = clock.monotonic, math.max

local M = {}

--- The calls of one function that may wait.
---@class Pool
---@field id string
---@field bound integer? how many may be under way at once in this lane
---@field room integer? how many may wait before a caller of funcs.async has to wait itself
---@field inside integer how many are under way
---@field places Gate those who wait for a place
---@field crowd Gate those who wait until they can at least wait for a place
---@field counts ffi.cdata* mw_counts of the id, in all lanes

--- A call that is in a pool.
---@class Stay
---@field pool Pool
---@field task Task? that makes it; nil when it is no longer inside, or there was none
---@field around Stay? the one that the task was in before
---@field counted boolean it has a place

local pools, host = {}, nil ---@type table<string, Pool>, table?

-- Sets the Python functions of lua/calls/entries.py by name.
---@param given table<string, function>
function M.setup(given) host = given end

-- What is counted of an id in all lanes, or of each that was used for nil; lua/pools/statistics.py says what is in it.
---@param id? string
---@return table
function M.read(id) return buffer.decode(host.statistics(id or '')) end

--- Gives the pool of an id: the same one for each caller.
---@param id string
---@param bound integer? how many places it has, where that is known
---@param room integer? how many calls may wait before a caller of funcs.async has to wait itself
---@return Pool
function M.of(id, bound, room)
  local pool = pools[id]
  if not pool then
    ---@type Pool
    pool = {
      id = id,
      bound = nil,
      room = nil,
      inside = 0,
      places = gate.new(),
      crowd = gate.new(),
      counts = ffi.cast('mw_counts *', buffer.decode(host.counts(id))),
    }
    pools[id] = pool
  end
  if bound then
    pool.bound, pool.room = bound, room
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

local function is_full(pool) return pool.bound and pool.inside >= pool.bound end

-- Gives a place that is free to the first who waits for one.
local function free(pool)
  if gate.admit(pool.places) then return end
  pool.inside = pool.inside - 1
  gate.admit(pool.crowd)
end

-- Waits until a place is free and counts the wait; returns a problem as `enter` does.
local function queue(pool, deadline)
  local counts, places, began = pool.counts, pool.places, monotonic()
  counts.waiting = places.count + 1
  counts.most_waiting = max(counts.most_waiting, counts.waiting)
  local problem = gate.wait(places, deadline, 'funcs.call (its pool is full)', pool.id)
  local now = monotonic()
  local queued = now - began
  counts.waiting = places.count
  gate.admit(pool.crowd)
  counts.waited, counts.queued, counts.most_queued = counts.waited + 1, counts.queued + queued, max(counts.most_queued, queued)
  local task = dispatcher.current()
  task.queued = (task.queued or 0) + queued
  if not problem and deadline and now >= deadline then
    -- Its place came when its time was up, so the next one gets the place.
    free(pool)
    return dispatcher.LATE
  end
  return problem
end

--- Enters a pool, and waits for a place if need be.
---@param pool Pool
---@param deadline number?
---@return Stay?
---@return any problem
---@return boolean? waited
function M.enter(pool, deadline)
  local task = dispatcher.current()
  local counted, waited = not is_inside(task, pool), false
  if counted then
    if task and is_full(pool) then
      local problem = queue(pool, deadline)
      if problem then return nil, problem end
      waited = true
    else
      pool.inside = pool.inside + 1
    end
  end
  local stay = { pool = pool, task = task, around = task and task.stay, counted = counted }
  if task then task.stay = stay end
  return stay, nil, waited
end

--- Says that the task is no longer inside, while the place is still taken.
---@param stay Stay
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

--- Leaves a pool.
---@param stay Stay
function M.leave(stay)
  M.depart(stay)
  if stay.counted then free(stay.pool) end
end

--- Leaves after a pcall; gives its results, or raises its error.
---@param stay Stay
---@param ok boolean
function M.leaving(stay, ok, ...)
  M.leave(stay)
  if not ok then error((...), 0) end
  return ...
end

--- Waits, before a call in the background is started, until it can at least wait in the queue. Raises when the task is canceled.
---@param pool Pool
function M.await_room(pool)
  local crowd = pool.crowd
  if not pool.room or not is_full(pool) or crowd.count == 0 and pool.places.count < pool.room then return end
  local problem = gate.wait(crowd, nil, 'funcs.async (the queue of its pool is full)', pool.id)
  if problem then error(problem, 0) end
end

return M
