-- How a task waits and is woken. It takes a ticket, a pair of itself and a number, leaves it with whoever will wake it, and parks.
--
-- A wait may have a deadline. When that has passed the task is woken, but its ticket is good until it goes on: what answers it in between
-- is its answer. So whoever wakes a task knows for certain whether that was in time, and nothing that is handed over with it gets lost.

local clock = require 'lua.dispatcher.clock'
local coroutines = require 'lua.dispatcher.coroutines'
local run_queue = require 'lua.dispatcher.run_queue'
local timers = require 'lua.dispatcher.timers'

local error, yield, setmetatable = error, coroutine.yield, setmetatable
local monotonic, set, cancel = clock.monotonic, timers.set, timers.cancel
local WAIT, barrier = coroutines.WAIT, coroutines.barrier
local push, push_busy = run_queue.push, run_queue.push_busy

local M = {}

-- How often a canceled task may go on after a wait has raised, before it is given up.
local MOST_REFUSALS = 100

-- What has answered a wait.
local WOKEN, STOPPED, EXPIRED = 1, 2, 3

--- The problem of a wait whose deadline has passed. Callers compare with it, and say in their own words what was waited for.
M.LATE = setmetatable({}, { __tostring = function() return 'the time to wait has passed' end })
local LATE = M.LATE

--- What is said where nothing can wait, because no task runs.
M.OUTSIDE = 'waiting is possible only in a script or a function, not here'
local OUTSIDE = M.OUTSIDE
local IN_C = 'waiting is not possible here: the code was called from C (an error handler, or a callback of a guest), '
  .. "which can't be left and entered again; wait before or after"

---@type table?
local current -- the task that runs

--- Says which task runs from now on, nil for none.
---@param task Task?
function M.set_current(task) current = task end

--- Returns the task that runs, or nil.
---@return Task?
function M.current() return current end

--- Returns the task that runs, and the number that wakes its next wait; nil and a problem where none can be.
---@return Task?
---@return integer|string generation
function M.ticket()
  local task = current
  if not task then return nil, OUTSIDE end
  local generation = task.generation + 1
  task.generation = generation
  if task.answered == WOKEN then task.answered = false end
  return task, generation
end

--- Answers the wait that a ticket was taken for. Returns false when it is over already.
---@param task Task
---@param generation integer
---@return boolean
function M.rouse(task, generation)
  if task.generation ~= generation then return false end
  -- One whose deadline has passed is in the run queue already.
  local queued = task.answered == EXPIRED
  task.generation = generation + 1
  task.answered = WOKEN
  if task ~= current and not queued then push(task) end
  return true
end
local rouse = M.rouse

--- Answers as `rouse` does, with up to three values for `suspend`.
---@param task Task
---@param generation integer
---@return boolean
function M.wake(task, generation, a, b, c)
  if task.generation ~= generation then return false end
  task.a, task.b, task.c = a, b, c
  return rouse(task, generation)
end

-- Wakes a task whose deadline has passed.
local function expire(task, generation)
  if task.generation ~= generation or task.answered then return end
  task.answered = EXPIRED
  push(task)
end

-- Has the wait of a task end at its deadline; gives its timer. A task waits in one place at a time, so it has one.
local function set_deadline(task, deadline)
  local timer = task.timer
  if not timer then
    timer = timers.new(task.group, expire, task)
    task.timer = timer
  end
  cancel(timer)
  timer.b = task.generation
  set(timer, deadline)
  return timer
end

--- Waits until the ticket is answered. Returns nil, or a problem to be raised: the task was canceled, or it can't wait
--- here. `kind` and `detail` say what it waits for, should nothing come.
---@param kind string
---@param detail any?
---@return any problem
function M.park(kind, detail)
  local task = current
  if not task then return OUTSIDE end
  if not task.answered then
    local problem = task.problem
    if problem then
      task.generation = task.generation + 1
      task.refusals = task.refusals + 1
      if task.refusals <= MOST_REFUSALS or barrier.count > 0 then return problem end
      -- It swallows each cancellation: it waits forever.
      task.given_up = true
      yield(WAIT)
    elseif barrier.count > 0 then
      task.generation = task.generation + 1
      return IN_C
    end
    task.kind, task.detail = kind, detail
    yield(WAIT)
  end
  local answered = task.answered
  task.answered = false
  if answered == WOKEN then return nil end
  if answered == STOPPED then return task.problem or IN_C end
  -- Nobody can answer any more.
  task.generation = task.generation + 1
  return LATE
end
local park = M.park

--- Waits as `park` does; returns nil and what `wake` was given, or a problem.
---@param kind string
---@param detail any?
---@return any problem
---@return any a
---@return any b
---@return any c
function M.suspend(kind, detail)
  local problem = park(kind, detail)
  if problem then return problem end
  local task = current
  local a, b, c = task.a, task.b, task.c
  task.a, task.b, task.c = nil, nil, nil
  return nil, a, b, c
end
local suspend = M.suspend

--- Waits as `suspend` does, until `deadline` at most, monotonic nanoseconds (nil: without end). The problem is LATE when that has passed.
---@param deadline number?
---@param kind string
---@param detail any?
---@return any problem
---@return any a
---@return any b
---@return any c
function M.wait_until(deadline, kind, detail)
  local timer = deadline and current and set_deadline(current, deadline)
  local problem, a, b, c = suspend(kind, detail)
  if timer then cancel(timer) end
  return problem, a, b, c
end

--- Waits as `park` does, until `deadline` at most.
---@param deadline number?
---@param kind string
---@param detail any?
---@return any problem
function M.park_until(deadline, kind, detail)
  local timer = deadline and current and set_deadline(current, deadline)
  local problem = park(kind, detail)
  if timer then cancel(timer) end
  return problem
end

--- Waits `ns` nanoseconds. Returns a problem, or nil.
---@param ns number
---@param kind string
---@return any problem
function M.sleep(ns, kind)
  if ns <= 0 then return M.pause(kind) end
  local task, generation = M.ticket()
  if not task then return generation end
  local timer = set_deadline(task, monotonic() + ns)
  local problem = park(kind)
  if problem == LATE then return nil end
  cancel(timer)
  return problem
end

--- Waits as `suspend` does; returns what `wake` was given, or raises, blaming the caller's caller.
---@param kind string
---@param detail any
---@return any ... up to three
function M.wait(kind, detail)
  local problem, a, b, c = suspend(kind, detail)
  if problem then error(problem, 3) end
  return a, b, c
end

-- A wait inside a coroutine that was resumed from C code raises where it began.
coroutines.when_refused(function()
  current.generation = current.generation + 1
  current.answered, current.again = STOPPED, false
end)

--- Lets everything else that can run go first. Returns a problem, or nil.
---@param kind string
---@return any problem
function M.pause(kind)
  local task, problem = M.ticket()
  if not task then return problem end
  task.again = true
  problem = park(kind)
  task.again = false
  return problem
end

--- Gives way in the middle of a computation: lets everything else that can run go first, timers and what comes from outside
--- included, and one by one those that compute too. Returns a problem, or nil.
---@param kind string
---@return any problem
function M.give_way(kind)
  local task, problem = M.ticket()
  if not task then return problem end
  task.again = 'busy'
  problem = park(kind)
  task.again = false
  return problem
end

--- Has the wait of a task raise its problem.
---@param task Task
function M.stop(task)
  task.generation = task.generation + 1
  task.answered = STOPPED
  push(task)
end

--- Answers the wait of a task that has let others go first.
---@param task Task
function M.go_again(task)
  if task.again ~= 'busy' then return rouse(task, task.generation) end
  task.generation = task.generation + 1
  task.answered = WOKEN
  push_busy(task)
end

return M
