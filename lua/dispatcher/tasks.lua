-- Tasks, which are coroutines that wait and are woken (lua/dispatcher/waiting.lua), and the groups that they end with.
-- lua/dispatcher/dispatcher.lua runs them.

local coroutines = require 'lua.dispatcher.coroutines'
local errors = require 'lua.values.errors'
local exits = require 'lua.values.exits'
local gate = require 'lua.dispatcher.gate'
local interrupt = require 'lua.dispatcher.interrupt'
local timers = require 'lua.dispatcher.timers'
local waiting = require 'lua.dispatcher.waiting'

local raw_resume = coroutine.resume
local error, select, unpack, xpcall, setmetatable = error, select, unpack, xpcall, setmetatable
local push, new_task = require('lua.dispatcher.run_queue').push, require('lua.dispatcher.task').new
local running, set_current, go_again, stop = waiting.current, waiting.set_current, waiting.go_again, waiting.stop
local OUTSIDE, WAIT, CANCELED = waiting.OUTSIDE, coroutines.WAIT, errors.kinds.CANCELED

local FOREIGN = 'coroutine.yield was called outside a coroutine: nobody has resumed the code that called it'

local M = {}

--- The groups that have not ended, as keys.
M.groups = {}
local groups = M.groups

local tasks = setmetatable({}, { __mode = 'kv' }) -- coroutine -> task that has not ended

local leave

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
---@param task Task
---@param problem any? nil: that it was canceled
---@return boolean canceled false, when it was already, or has ended
function M.cancel(task, problem)
  if task.ended or task.problem and not task.soft then return false end
  task.problem, task.soft = problem or errors.make { message = 'canceled', kind = CANCELED }, false
  -- One that runs, or is about to with an answer, learns it at its next wait.
  if task ~= running() and not task.answered and task.begun then stop(task) end
  return true
end

--- Cancels a task as `cancel` does, until it is pardoned: any other cancellation takes the place of this one.
---@param task Task
---@param problem any
function M.cancel_softly(task, problem)
  if task.problem or task.ended then return end
  M.cancel(task, problem)
  task.soft = true
end

local cancel = M.cancel

--- Takes back a cancellation of the task that runs, which had refused to end `refusals` times before.
---@param task Task
---@param problem any
---@param refusals integer
function M.pardon(task, problem, refusals)
  if task.problem ~= problem then return end
  task.problem, task.soft, task.refusals, task.given_up, task.answered = nil, false, refusals, false, false
end

--- Ends a group, failed if there is a problem: what is left of it is canceled.
---@param group TaskGroup
---@param problem any?
function M.close(group, problem)
  if problem and not group.problem then group.problem = problem end
  if group.closing then return end
  group.closing = true
  if not group.first then return end
  local why = errors.make {
    message = problem and not exits.status(problem) and 'canceled: the script has failed: ' .. problem:message()
      or 'canceled: the script has ended',
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
---@param task Task
function M.leave(task)
  if task.ended then return end
  task.ended = true
  task.generation = task.generation + 1
  coroutines.release(task.co)
  tasks[task.co] = nil
  if task.timer then timers.cancel(task.timer) end
  unlink(task)
  local group = task.group
  local owned = task.owned
  while owned do
    owned.abandoned(owned)
    owned = owned.next_owned
  end
  if task.scope then task.scope.left(task.scope, task) end
  if task.gate then gate.admit_all(task.gate) end
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

--- Tells whether a task ends with this problem because it was canceled, which is as it should be.
---@param task Task
---@param problem any
---@return boolean
function M.is_cancellation(task, problem)
  return task.problem ~= nil and (problem == task.problem or errors.is_error(problem) and problem:kind() == CANCELED)
end
local is_cancellation = M.is_cancellation

local function fail(task, problem)
  if is_cancellation(task, problem) and task ~= task.group.main then return end
  local joiners = task.joiners
  if joiners and not exits.status(problem) and joiners.failed(task, problem) then return end
  close(task.group, problem)
end

local ended

--- Ends the scopes that a task has opened and has not waited for; returns the error that they give, or nil.
---@param task Task the one that runs
---@return any
function M.finish_owned(task)
  local problems = {}
  while task.owned do
    local scope = task.owned
    task.owned = scope.next_owned
    local failure = scope.finish(scope)
    if failure ~= nil then table.insert(problems, 1, failure) end
  end
  return errors.together(problems)
end

-- The task has come to its end with these: what it has opened ends first, and an error of that is its own.
local function end_with_owned(task, ok, ...)
  local results = { n = select('#', ...), ... }
  local problem = M.finish_owned(task)
  if problem == nil or not ok and exits.status(results[1]) then return ended(task, ok, unpack(results, 1, results.n)) end
  if not ok and not is_cancellation(task, results[1]) then problem = errors.together { errors.from(results[1]), problem } end
  return ended(task, false, problem)
end

function ended(task, ok, ...)
  if task.owned then return end_with_owned(task, ok, ...) end
  task.done = true
  local scope = task.scope
  if scope then
    scope.ended(scope, task, ok, ...)
  elseif not ok then
    fail(task, errors.from((...)))
  elseif task.joiners then
    task.joiners.returned(task, ...)
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

local function make(group, f, given)
  local task = new_task(body, group, f, given)
  tasks[task.co] = task
  return task
end

local function start(group, f, given)
  local task = make(group, f, given)
  push(task)
  return task
end

local function spawned(f, ...)
  local current = running()
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
---@param f function
---@return Task
function M.spawn(f, ...)
  local task = spawned(f, ...)
  push(task)
  return task
end

--- Starts `f(...)` as `spawn` does, in a scope; one that is `held` begins once it is put into the run queue.
---@param scope TaskScope
---@param held boolean
---@param f function
---@param ... any
---@return Task
function M.spawn_in(scope, held, f, ...)
  local task = spawned(f, ...)
  task.scope = scope
  if not held then push(task) end
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

--- Goes on with a task until it waits again or ends.
---@param task Task
function M.step(task)
  local co = task.co
  if not task.begun then
    if task.problem then return leave(task) end
    task.begun = true
  end
  set_current(task)
  local limited = task.limit
  if limited then interrupt.enter(task) end
  local ok, message = raw_resume(co, task)
  set_current(nil)
  if limited then interrupt.leave() end
  if message == WAIT then
    if task.given_up then return leave(task) end
    if task.again then go_again(task) end
    return
  end
  if not task.done then
    coroutines.reset()
    local problem = errors.from(ok and FOREIGN or message, { lua_stack = errors.frames(0, co) })
    task.done = true
    if task.scope then
      task.scope.ended(task.scope, task, false, problem)
    else
      fail(task, problem)
    end
  end
  leave(task)
end

--- Starts `f(...)` as `spawn` does; it begins at once, and the caller goes on when it waits or has ended. It must not raise, nor run
--- what is a script's. After a guest has computed for long it begins in the next turn all the same.
---@param f function
---@param ... any
---@return Task
function M.spawn_now(f, ...)
  if turn_taken then return M.spawn(f, ...) end
  local task, outer = spawned(f, ...), running()
  M.step(task)
  set_current(outer)
  return task
end

--- Starts a group with `main(...)` as its main task; `finish(group)`, if given, is called when all of it has ended, with
--- `group.problem` or `group.results`. It runs when the loop does.
---@param finish fun(group: TaskGroup)?
---@param main function
---@return TaskGroup
function M.open(finish, main, ...)
  local count = select('#', ...)
  return M.open_packed(finish, main, count > 0 and { n = count, ... } or nil)
end

--- Starts a group as `open` does; the arguments come in a table with their number in `n`, or nil.
---@param finish fun(group: TaskGroup)?
---@param main function
---@param given table?
---@return TaskGroup
function M.open_packed(finish, main, given)
  local group =
    { first = nil, last = nil, main = nil, problem = nil, results = nil, closing = false, timed = false, over = false, finish = finish }
  groups[group] = true
  group.main = start(group, main, given)
  coroutines.hold(group.main.co, true)
  return group
end

--- Returns the task of a coroutine, nil when it has ended or is none.
---@param co thread
---@return Task?
function M.of(co) return tasks[co] end

return M
