-- Tasks: coroutines that wait and are woken, and the groups that they end with. lua/dispatcher/dispatcher.lua runs them.
local coroutines = require 'lua.dispatcher.coroutines'
local deadlock = require 'lua.dispatcher.deadlock'
local errors = require 'lua.values.errors'
local epoch_state = require 'lua.dispatcher.epoch_state'
local interrupt = require 'lua.dispatcher.interrupt'
local timers = require 'lua.dispatcher.timers'

local create, raw_resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local error, select, unpack, xpcall, setmetatable = error, select, unpack, xpcall, setmetatable
local WAIT, barrier = coroutines.WAIT, coroutines.barrier
local CANCELED = errors.kinds.CANCELED
local lane = epoch_state.lane

local M = {}

-- How often a canceled task may go on after a wait has raised, before it is given up.
local MOST_REFUSALS = 100

-- What has answered a wait.
local WOKEN, STOPPED = 1, 2

--- What is said where nothing can wait, because no task runs.
M.OUTSIDE = 'waiting is possible only in a script or a function, not here'
local OUTSIDE = M.OUTSIDE
local IN_C = 'waiting is not possible here: the code was called from C (an error handler, or a callback of a guest), '
  .. "which can't be left and entered again; wait before or after"
local FOREIGN = 'coroutine.yield was called outside a coroutine: nobody has resumed the code that called it'

--- The groups that have not ended, as keys.
M.groups = {}
local groups = M.groups

local current -- the task that runs
local first, last -- the run queue, linked by `next`
local first_busy, last_busy -- those that have given way while they compute, linked by `next`
local last_id = 0

local leave

local tasks = setmetatable({}, { __mode = 'kv' }) -- coroutine -> task that has not ended

-- Waking ---------------------------------------------------------------------------------------------------------

local function push(task)
  lane.others = 1
  if last then
    last.next = task
  else
    first = task
  end
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

--- Gives way in the middle of a computation: lets everything else that can run go first, timers and what comes from outside
--- included, and one by one those that compute too. Returns a problem, or nil.
function M.give_way(kind)
  local task, problem = M.ticket()
  if not task then return problem end
  task.again = 'busy'
  problem = park(kind)
  task.again = false
  return problem
end

-- Tasks ----------------------------------------------------------------------------------------------------------

local function unlink(task)
  local group = task.group
  local before, after = task.before, task.after
  if before then
    before.after = after
  else
    group.first = after
  end
  if after then
    after.before = before
  else
    group.last = before
  end
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
  task.problem = problem or errors.make { message = 'canceled', kind = CANCELED }
  -- One that runs, or is about to with an answer, learns it at its next wait.
  if task ~= current and not task.answered and task.begun then
    task.generation = task.generation + 1
    task.answered = STOPPED
    push(task)
  end
  return true
end
local cancel = M.cancel

--- Ends a group, failed if there is a problem: what is left of it is canceled.
function M.close(group, problem)
  if problem and not group.problem then group.problem = problem end
  if group.closing then return end
  group.closing = true
  if not group.first then return end
  local why = errors.make {
    message = problem and 'canceled: the script has failed: ' .. problem:message() or 'canceled: the script has ended',
    kind = CANCELED,
    cause = problem,
    lua_stack = {},
  }
  local task = group.first
  while task do
    cancel(task, why)
    task = task.after
  end
end

local close = M.close

--- Takes a task out that runs no more.
function M.leave(task)
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

leave = M.leave

local function fail(task, problem)
  -- That it ends by its cancellation is as it should be.
  if task.problem and (problem == task.problem or errors.is_error(problem) and problem:kind() == CANCELED) and task ~= task.group.main then
    return
  end
  close(task.group, problem)
end

local function ended(task, ok, ...)
  task.done = true
  if not ok then
    fail(task, errors.from((...)))
  elseif task == task.group.main then
    task.group.results = { n = select('#', ...), ... }
  end
end

local function body(task)
  local f, given = task.f, task.arguments
  task.f, task.arguments = nil, nil
  if given then return ended(task, xpcall(f, report, unpack(given, 1, given.n))) end
  return ended(task, xpcall(f, report))
end

-- `given` are the arguments, a table with their number in `n`, or nil.
local function make(group, f, given)
  local co = create(body)
  last_id = last_id + 1
  local task = {
    co = co,
    group = group,
    f = f,
    arguments = given,
    id = last_id,
    generation = 0,
    answered = false,
    again = false,
    refusals = 0,
    begun = false,
    done = false,
    ended = false,
    kind = false,
    detail = nil,
    problem = nil,
    a = nil,
    b = nil,
    c = nil,
    next = nil,
    before = group.last,
    after = nil,
    timer = nil,
    node = nil,
    context = nil,
    limit = nil,
    called = nil,
    began = nil,
  }
  if group.last then
    group.last.after = task
  else
    group.first = task
  end
  group.last = task
  tasks[co] = task
  return task
end

local function start(group, f, given)
  local task = make(group, f, given)
  push(task)
  return task
end

local function spawned(f, ...)
  if not current then error(OUTSIDE, 3) end
  local group = current.group
  if group.closing then error(current.problem or group.problem or 'the script has ended, so nothing can be spawned', 3) end
  local count = select('#', ...)
  local task = make(group, f, count > 0 and { n = count, ... } or nil)
  task.context = current.context
  local limit = current.limit
  if limit then
    task.limit, limit.tasks[task] = limit, true
  end
  coroutines.hold(task.co, false)
  return task
end

--- Starts `f(...)` beside the task that runs, in its group; it begins in the next turn. Raises in a group that ends.
function M.spawn(f, ...)
  local task = spawned(f, ...)
  push(task)
  return task
end

local turn_taken = false

--- Says that a guest has computed in this lane until an epoch passed.
function M.note_turn() turn_taken = true end

--- Tells whether one has, since this was asked last.
function M.had_turn()
  local taken = turn_taken
  turn_taken = false
  return taken
end

-- Answers the wait of a task that has let others go first.
local function go_again(task)
  if task.again ~= 'busy' then return rouse(task, task.generation) end
  task.generation = task.generation + 1
  task.answered = WOKEN
  if last_busy then
    last_busy.next = task
  else
    first_busy = task
  end
  last_busy = task
end

--- Goes on with a task until it waits again or ends.
function M.step(task)
  local co = task.co
  if not task.begun then
    if task.problem then return leave(task) end
    task.begun = true
  end
  current = task
  local limited = task.limit
  if limited then interrupt.enter(task) end
  local ok, message = raw_resume(co, task)
  current = nil
  if limited then interrupt.leave() end
  if message == WAIT then
    if task.again then go_again(task) end
    return
  end
  if not task.done then
    coroutines.reset()
    fail(task, errors.from(ok and FOREIGN or message, { lua_stack = deadlock.frames(co) }))
  end
  leave(task)
end

--- Starts `f(...)` as `spawn` does; it begins at once, and the caller goes on when it waits or has ended. It must not raise, nor run
--- what is a script's. After a guest has computed for long it begins in the next turn all the same.
function M.spawn_now(f, ...)
  if turn_taken then return M.spawn(f, ...) end
  local task, outer = spawned(f, ...), current
  M.step(task)
  current = outer
  return task
end

--- Starts a group with `main(...)` as its main task; `finish(group)`, if given, is called when all of it has ended, with
-- `group.problem` or `group.results`. It runs when the loop does.
function M.open(finish, main, ...)
  local count = select('#', ...)
  return M.open_packed(finish, main, count > 0 and { n = count, ... } or nil)
end

--- Starts a group as `open` does; the arguments come in a table with their number in `n`, or nil.
function M.open_packed(finish, main, given)
  local group =
    { first = nil, last = nil, main = nil, problem = nil, results = nil, closing = false, timed = false, over = false, finish = finish }
  groups[group] = true
  group.main = start(group, main, given)
  coroutines.hold(group.main.co, true)
  return group
end

--- Returns the tasks that can run now, linked by `next`, and forgets them; nil when there are none.
function M.take()
  local batch = first
  first, last = nil, nil
  return batch
end

--- Puts tasks that could run now, linked by `next`, behind those that compute.
function M.defer(task)
  if last_busy then
    last_busy.next = task
  else
    first_busy = task
  end
  while task.next do
    task = task.next
  end
  last_busy = task
end

--- Returns one of the tasks that compute, each in its turn, or nil.
function M.take_busy()
  local task = first_busy
  if not task then return nil end
  first_busy, task.next = task.next, nil
  if not first_busy then last_busy = nil end
  return task
end

--- Says whether a task can run.
function M.can_run() return first ~= nil or first_busy ~= nil end

--- Returns the task of a coroutine, nil when it has ended or is none.
function M.of(co) return tasks[co] end

return M
