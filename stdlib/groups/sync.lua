-- The module `sync`: semaphores, mutexes and events, for coroutines that share something. Coroutines that wait is served in order.
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local gate = require 'lua.dispatcher.gate'
local got = require 'lua.values.got'
local object = require 'stdlib.fs.object'
local options = require 'stdlib.values.options'
local rings = require 'lua.dispatcher.rings'

local type, error, pcall = type, error, pcall
local current, LATE = dispatcher.current, dispatcher.LATE
local MOST = 2 ^ 31

local M = {}

local function late(what)
  return false, errors.make { message = what .. ' within the time to wait', kind = errors.kinds.TIMEOUT, retryable = true }
end

-- When a wait ends, nil for no end.
local function deadline_of(timeout, name)
  if timeout == nil then return nil end
  local ns, wrong = options.duration(timeout)
  if not ns then error(name .. ': the timeout: ' .. wrong, 3) end
  return clock.monotonic() + ns
end

local function wait(before, deadline, kind)
  local problem = gate.wait(before, deadline, kind)
  if problem and problem ~= LATE then error(problem, 3) end
  return problem == nil
end

local function released(release, object_, ok, ...)
  release(object_)
  if not ok then error((...), 0) end
  return ...
end

local function checker(class, what, variable)
  return function(value, name)
    local state = class.state(value)
    if not state then
      error(what .. ':' .. name .. ' is called on ' .. object.described(value) .. ', write ' .. variable .. ':' .. name .. '(...)', 3)
    end
    return state
  end
end

-- Semaphores ---------------------------------------------------------------------------------------------------------------

local semaphores = object.class('semaphore', 'a semaphore', function(state) return 'semaphore (' .. state.free .. ' free)' end)
local semaphore = semaphores.methods
local check_semaphore = checker(semaphores, 'semaphore', 's')

--- Makes a semaphore that `n` coroutines may hold at once.
---@param n integer
function M.semaphore(n)
  if type(n) ~= 'number' or n % 1 ~= 0 or n < 0 or n > MOST then
    error('sync.semaphore: expected a whole number of at least 0, got ' .. (type(n) == 'number' and n or got(n)), 2)
  end
  return semaphores.new { free = n, waiters = gate.new() }
end

--- Takes a place, waiting for one if need be, and returns true; after `timeout` (a duration, if given) false and an error of kind Timeout.
function semaphore.acquire(s, timeout)
  local state = check_semaphore(s, 'acquire')
  if state.free > 0 then
    state.free = state.free - 1
    return true
  end
  if not wait(state.waiters, deadline_of(timeout, 'semaphore:acquire'), 'semaphore') then return late 'no place became free' end
  return true
end

--- Takes a place if one is free; tells whether it did.
function semaphore.try_acquire(s)
  local state = check_semaphore(s, 'try_acquire')
  if state.free == 0 then return false end
  state.free = state.free - 1
  return true
end

--- Gives a place back, to the first who waits.
function semaphore.release(s)
  local state = check_semaphore(s, 'release')
  if gate.admit(state.waiters) then return end
  state.free = state.free + 1
end

--- Calls `f(...)` while holding a place, and returns what it returns; the place is given back whatever happens.
function semaphore.with(s, f, ...)
  check_semaphore(s, 'with')
  if type(f) ~= 'function' then error('semaphore:with: expected a function, got ' .. got(f), 2) end
  semaphore.acquire(s)
  return released(semaphore.release, s, pcall(f, ...))
end

-- Mutexes ------------------------------------------------------------------------------------------------------------------

local mutexes = object.class('mutex', 'a mutex', function(state) return 'mutex (' .. (state.task and 'locked)' or 'free)') end)
local mutex = mutexes.methods
local check_mutex = checker(mutexes, 'mutex', 'm')

-- Stands for its holder while the next one has it and does not run yet.
local HANDED = {}
local RING = errors.make {
  message = 'mutex:lock: the coroutine that holds it waits for this one, and neither would go on',
  kind = errors.kinds.CONFLICT,
  lua_stack = {},
}

--- Makes a mutex, which one coroutine holds at a time.
function M.mutex()
  local state = { task = nil, waiters = nil }
  -- Those who wait stand behind its holder: what would wait for itself in the end is found (lua/dispatcher/rings.lua).
  state.waiters = gate.new(state, RING)
  return mutexes.new(state)
end

--- Locks it, waiting until it is free, and returns true; after `timeout` (a duration, if given) false and an error of kind Timeout. Raises
--- when the caller holds it already.
function mutex.lock(m, timeout)
  local state = check_mutex(m, 'lock')
  local task = current()
  if not task then error(dispatcher.OUTSIDE, 2) end
  if state.task == task then error('mutex:lock: this coroutine holds it already, and would wait for itself', 2) end
  if state.task and timeout == nil and rings.leads(state.task, task) then error(RING, 2) end
  if state.task and not wait(state.waiters, deadline_of(timeout, 'mutex:lock'), 'mutex') then return late 'the mutex was not free' end
  state.task = task
  return true
end

--- Unlocks it: the first who waits has it next. Raises when the caller does not hold it.
function mutex.unlock(m)
  local state = check_mutex(m, 'unlock')
  if state.task ~= current() or not state.task then error('mutex:unlock: this coroutine does not hold it', 2) end
  state.task = gate.admit(state.waiters) and HANDED or nil
end

--- Calls `f(...)` while holding it, and returns what it returns; it is unlocked whatever happens.
function mutex.with(m, f, ...)
  check_mutex(m, 'with')
  if type(f) ~= 'function' then error('mutex:with: expected a function, got ' .. got(f), 2) end
  mutex.lock(m)
  return released(mutex.unlock, m, pcall(f, ...))
end

-- Events -------------------------------------------------------------------------------------------------------------------

local events = object.class('event', 'an event', function(state) return 'event (' .. (state.set and 'set)' or 'not set)') end)
local event = events.methods
local check_event = checker(events, 'event', 'e')

--- Makes an event, which happens once.
function M.event() return events.new { set = false, waiters = gate.new() } end

--- Has it happen: all who wait go on, and nobody waits any more.
function event.set(e)
  local state = check_event(e, 'set')
  if state.set then return end
  state.set = true
  gate.admit_all(state.waiters)
end

--- Says whether it has happened.
function event.is_set(e) return check_event(e, 'is_set').set end

--- Waits until it happens, and returns true; after `timeout` (a duration, if given) false and an error of kind Timeout.
function event.wait(e, timeout)
  local state = check_event(e, 'wait')
  if state.set or wait(state.waiters, deadline_of(timeout, 'event:wait'), 'event') then return true end
  return late 'the event did not happen'
end

return M
