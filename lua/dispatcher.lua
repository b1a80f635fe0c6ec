-- The dispatcher of a lane: runs tasks, each a coroutine, until they wait, and wakes them when what they wait for has come.
--
-- A task that waits takes a ticket, leaves it with whoever will wake it, and suspends itself:
--   local task, generation = dispatcher.ticket()
--   ... somebody calls dispatcher.wake(task, generation, a, b, c), now or later ...
--   local problem, a, b, c = dispatcher.suspend('channel receive')
--   if problem then ... take back the ticket ...; error(problem, 2) end
-- A ticket is good for one wake; a later one does nothing and returns false. Tasks belong to the group of the main
-- function that they were spawned under, and end with it.
local clock = require "lua.clock"
local coroutines = require "lua.coroutines"
local deadlock = require "lua.deadlock"
local errors = require "lua.errors"
local timers = require "lua.timers"

local create, raw_resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local error, type, select, unpack, xpcall, setmetatable, next = error, type, select, unpack, xpcall, setmetatable, next
local monotonic, max = clock.monotonic, math.max
local WAIT, barrier = coroutines.WAIT, coroutines.barrier
local CANCELED = errors.kinds.CANCELED

local M = {}

-- How often a canceled task may go on after a wait has raised, before it is given up.
local MOST_REFUSALS = 100

-- What has answered a wait.
local WOKEN, STOPPED = 1, 2

local OUTSIDE = "waiting is possible only in a script or a function, not here"
local IN_C = "waiting is not possible here: the code was called from C (an error handler, or a callback of a guest), "
  .. "which can't be left and entered again; wait before or after"
local FOREIGN = "coroutine.yield was called outside a coroutine: nobody has resumed the code that called it"

--- Functions that are called once per turn and bring what happened outside: each returns true if it woke a task.
M.sources = {}

--- Waits for the outside, at most `ns` nanoseconds, or without end for nil. A lane puts its own here.
function M.idle(ns)
  clock.pause(ns or 1e9)
end

local current                 -- the task that runs
local first, last             -- the run queue, linked by `next`
local expected = 0            -- operations outside Lua that will wake a task
local groups = {}             -- group -> true
local last_id = 0

local leave

local tasks = setmetatable({}, { __mode = "kv" })  -- coroutine -> task that has not ended

-- Waking ---------------------------------------------------------------------------------------------------------

local function push(task)
  if last then last.next = task else first = task end
  last = task
end

--- Returns the task that runs, or nil.
function M.current() return current end

--- Returns the task that runs, and the number that wakes its next wait; nil and a problem where none can be.
function M.ticket()
  local task = current
  if not task then return nil, OUTSIDE end
  local generation = task.generation + 1
  task.generation = generation
  if task.answered == WOKEN then task.answered = false end
  return task, generation
end

--- Answers the wait that a ticket was taken for. Returns false when it is over already.
function M.rouse(task, generation)
  if task.generation ~= generation then return false end
  task.generation = generation + 1
  task.answered = WOKEN
  if task ~= current then push(task) end
  return true
end
local rouse = M.rouse

--- Answers as `rouse` does, with up to three values for `suspend`.
function M.wake(task, generation, a, b, c)
  if task.generation ~= generation then return false end
  task.a, task.b, task.c = a, b, c
  return rouse(task, generation)
end

--- Waits until the ticket is answered. Returns nil, or a problem to be raised: the task was canceled, or it can't wait
-- here. `kind` and `detail` say what it waits for, should nothing come.
function M.park(kind, detail)
  local task = current
  if not task then return OUTSIDE end
  if not task.answered then
    local problem = task.problem
    if problem then
      task.generation = task.generation + 1
      task.refusals = task.refusals + 1
      if task.refusals <= MOST_REFUSALS or barrier.count > 0 then return problem end
      -- It swallows each cancellation: it waits for ever.
      leave(task)
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
  if answered == STOPPED then return task.problem or IN_C end
end
local park = M.park

--- Waits as `park` does; returns nil and what `wake` was given, or a problem.
function M.suspend(kind, detail)
  local problem = park(kind, detail)
  if problem then return problem end
  local task = current
  local a, b, c = task.a, task.b, task.c
  task.a, task.b, task.c = nil, nil, nil
  return nil, a, b, c
end
local suspend = M.suspend

--- Waits as `suspend` does; returns what `wake` was given, or raises, blaming the caller's caller.
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
function M.pause(kind)
  local task, problem = M.ticket()
  if not task then return problem end
  task.again = true
  problem = park(kind)
  task.again = false
  return problem
end

-- Timers ---------------------------------------------------------------------------------------------------------

--- Calls `callback(a, b)` at `deadline`, monotonic nanoseconds, unless it is canceled or the script ends. The callback may
-- not wait. Belongs to the group of the task that runs, or in a callback to `group`.
function M.timer(deadline, callback, a, b, group)
  if not group then
    if not current then error(OUTSIDE, 3) end
    group = current.group
  end
  group.timed = true
  local timer = timers.new(group, callback, a, b)
  timers.set(timer, deadline)
  return timer
end

--- A timer for the host's own chores: it outlives scripts, and none of them waits for it.
function M.background_timer(deadline, callback, a, b)
  local timer = timers.new(nil, callback, a, b)
  timers.set(timer, deadline)
  return timer
end

--- Takes a timer back; returns whether it was still to come.
M.cancel_timer = timers.cancel

--- Waits `ns` nanoseconds. Returns a problem, or nil.
function M.sleep(ns, kind)
  if ns <= 0 then return M.pause(kind) end
  local task, generation = M.ticket()
  if not task then return generation end
  local timer = task.timer
  if not timer then
    timer = timers.new(task.group, rouse, task)
    task.timer = timer
  end
  if timer.index > 0 then timers.cancel(timer) end
  timer.b = generation
  timers.set(timer, monotonic() + ns)
  local problem = park(kind)
  if problem then timers.cancel(timer) end
  return problem
end

--- Counts operations outside Lua that will wake a task, such as work on another thread: +1, and -1 when done.
-- What waits for a timer needs no counting.
function M.expect(n)
  expected = expected + n
end

-- Tasks ----------------------------------------------------------------------------------------------------------

local function unlink(task)
  local group = task.group
  local before, after = task.before, task.after
  if before then before.after = after else group.first = after end
  if after then after.before = before else group.last = before end
  task.before, task.after = nil, nil
end

-- What an uncaught error says, with where it was.
local function report(problem)
  if errors.is_error(problem) then return problem end
  return errors.from(problem, { lua_stack = errors.frames(2) })
end

--- Has a waiting task's wait raise `problem`, and each later one. One that has not begun never will.
function M.cancel(task, problem)
  if task.problem or task.ended then return false end
  task.problem = problem or errors.make { message = "canceled", kind = CANCELED }
  -- One that runs, or is about to with an answer, learns it at its next wait.
  if task ~= current and not task.answered and task.begun then
    task.generation = task.generation + 1
    task.answered = STOPPED
    push(task)
  end
  return true
end
local cancel = M.cancel

-- Ends a group: what is left of it is canceled.
local function close(group, problem)
  if problem and not group.problem then group.problem = problem end
  if group.closing then return end
  group.closing = true
  if not group.first then return end
  local why = errors.make {
    message = problem and "canceled: the script has failed: " .. problem:message() or "canceled: the script has ended",
    kind = CANCELED, cause = problem, lua_stack = {},
  }
  local task = group.first
  while task do
    cancel(task, why)
    task = task.after
  end
end

-- Takes a task out that runs no more.
function leave(task)
  if task.ended then return end
  task.ended = true
  task.generation = task.generation + 1
  coroutines.release(task.co)
  tasks[task.co] = nil
  unlink(task)
  local group = task.group
  if task == group.main then
    if not group.results and not group.problem then group.problem = task.problem end
    close(group)
  end
  if not group.first then
    groups[group] = nil
    group.over = true
    if group.timed then timers.clear(group) end
    if group.finish then group.finish(group) end
  end
end

local function fail(task, problem)
  -- That it ends by its cancellation is as it should be.
  if task.problem and (problem == task.problem or errors.is_error(problem) and problem:kind() == CANCELED) and task ~= task.group.main then return end
  close(task.group, problem)
end

local function ended(task, ok, ...)
  task.done = true
  if not ok then
    fail(task, errors.from((...)))
  elseif task == task.group.main then
    task.group.results = { n = select("#", ...), ... }
  end
end

local function body(task)
  local f, arguments = task.f, task.arguments
  task.f, task.arguments = nil, nil
  if arguments then return ended(task, xpcall(f, report, unpack(arguments, 1, arguments.n))) end
  return ended(task, xpcall(f, report))
end

local function start(group, f, ...)
  local co = create(body)
  last_id = last_id + 1
  local task = {
    co = co, group = group, f = f, arguments = select("#", ...) > 0 and { n = select("#", ...), ... } or nil, id = last_id,
    generation = 0, answered = false, again = false, refusals = 0, begun = false, done = false, ended = false, kind = false, detail = nil,
    problem = nil, a = nil, b = nil, c = nil, next = nil, before = group.last, after = nil, timer = nil, node = nil,
  }
  if group.last then group.last.after = task else group.first = task end
  group.last = task
  tasks[co] = task
  push(task)
  return task
end

--- Starts `f(...)` beside the task that runs, in its group; it begins in the next turn. Raises in a group that ends.
function M.spawn(f, ...)
  if not current then error(OUTSIDE, 2) end
  local group = current.group
  if group.closing then error(current.problem or group.problem or "the script has ended, so nothing can be spawned", 2) end
  local task = start(group, f, ...)
  coroutines.hold(task.co, false)
  return task
end

local function step(task)
  local co = task.co
  if not task.begun then
    if task.problem then return leave(task) end
    task.begun = true
  end
  current = task
  local ok, message = raw_resume(co, task)
  current = nil
  if message == WAIT then
    if task.again then rouse(task, task.generation) end
    return
  end
  if not task.done then
    coroutines.reset()
    fail(task, errors.from(ok and FOREIGN or message, { lua_stack = deadlock.frames(co) }))
  end
  leave(task)
end

-- The loop -------------------------------------------------------------------------------------------------------

-- What every task of every group waits for, and nothing will come.
local function stuck()
  local waiting = {}
  for group in pairs(groups) do waiting[#waiting + 1] = group end
  for _, group in ipairs(waiting) do
    if not group.closing then
      close(group, deadlock.problem(group))
    else
      -- Canceled, and yet waiting: nothing is left that could go on.
      while group.first do leave(group.first) end
    end
  end
end

-- Waits for what comes next, when nothing can run.
local function rest()
  local deadline = timers.next()
  if expected > 0 then
    -- A test clock stands still while others work.
    return M.idle(deadline and not clock.is_test() and max(deadline - monotonic(), 0) or nil)
  end
  if not timers.any() then return stuck() end
  if clock.is_test() then return clock.jump(deadline) end
  local ns = deadline - monotonic()
  if ns > 0 then M.idle(ns) end
end

-- One turn. This is the event loop's body: bring what happened outside, fire due timers, run what can run now, and
-- wait when nothing can. What becomes runnable meanwhile runs in the next turn, so that nobody starves.
local function turn()
  local sources = M.sources
  for i = 1, #sources do sources[i]() end
  if timers.next() then timers.fire(monotonic()) end
  local task = first
  if not task then return rest() end
  first, last = nil, nil
  repeat
    local next = task.next
    task.next = nil
    step(task)
    task = next
  until not task
end

--- Starts a group with `main(...)` as its main task; `finish(group)`, if given, is called when all of it has ended, with
-- `group.problem` or `group.results`. `M.run` is this and the loop.
function M.open(finish, main, ...)
  local group = { first = nil, last = nil, main = nil, problem = nil, results = nil, closing = false, timed = false, over = false, finish = finish }
  groups[group] = true
  group.main = start(group, main, ...)
  coroutines.hold(group.main.co, true)
  return group
end

local function answer(group)
  if group.problem then return false, group.problem end
  return true, unpack(group.results, 1, group.results.n)
end

--- Runs `main(...)` until it has returned and everything it spawned has ended, being canceled then. Returns true and the
-- results, or false and an error: what main raised, or a spawned function, or that all wait for ever.
function M.run(main, ...)
  if current then error("a script is running in this lane already", 2) end
  coroutines.reset()
  local group = M.open(nil, main, ...)
  while not group.over do turn() end
  return answer(group)
end

--- Cancels everything that waits, in every group.
function M.cancel_all()
  local open = {}
  for group in pairs(groups) do open[#open + 1] = group end
  for _, group in ipairs(open) do
    close(group, errors.make { message = "canceled: the host is ending", kind = CANCELED, lua_stack = {} })
  end
end

--- Runs groups that messages open (see lua/inbox.lua), until `closing()` says that no more will come and all have ended.
function M.serve(closing)
  while true do
    if first or next(groups) then
      turn()
    elseif closing() then
      return
    else
      local deadline = timers.next()
      M.idle(deadline and max(deadline - monotonic(), 0))
      if deadline then timers.fire(monotonic()) end
      for _, source in ipairs(M.sources) do source() end
    end
  end
end

-- For scripts ----------------------------------------------------------------------------------------------------

--- Starts `f(...)` beside the caller and returns its coroutine, for `coroutine.status` and `coroutine.cancel`.
function coroutines.library.spawn(f, ...)
  if type(f) ~= "function" then error("bad argument #1 to 'spawn' (function expected, got " .. (f == nil and "no value" or type(f)) .. ")", 2) end
  if not current or current.group.closing then
    error(current and current.problem or "coroutine.spawn: there is no running script to spawn in", 2)
  end
  return M.spawn(f, ...).co
end

--- Ends a spawned coroutine: where it waits an error of kind Canceled is raised, and wherever it waits again. Returns
-- false when it has ended, or was canceled, before.
function coroutines.library.cancel(co)
  if type(co) ~= "thread" then error("bad argument #1 to 'cancel' (coroutine expected, got " .. (co == nil and "no value" or type(co)) .. ")", 2) end
  local task = tasks[co]
  if not task then
    if coroutine.status(co) ~= "dead" then error("coroutine.cancel: only what coroutine.spawn returned can be canceled", 2) end
    return false
  end
  return cancel(task, errors.make { message = "canceled", kind = CANCELED })
end

return M
