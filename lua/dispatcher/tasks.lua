-- Tasks, which are coroutines that wait and are woken (lua/dispatcher/waiting.lua), and the groups that they end with.
-- lua/dispatcher/dispatcher.lua runs them.

local coroutines = require 'lua.dispatcher.coroutines'
local errors = require 'lua.values.errors'
local exits = require 'lua.values.exits'
local interrupt = require 'lua.dispatcher.interrupt'
local timers = require 'lua.dispatcher.timers'
local waiting = require 'lua.dispatcher.waiting'

local create, raw_resume = coroutine.create, coroutine.resume
local error, select, unpack, xpcall, setmetatable = error, select, unpack, xpcall, setmetatable
local push = require('lua.dispatcher.run_queue').push
local running, set_current, go_again, stop = waiting.current, waiting.set_current, waiting.go_again, waiting.stop
local OUTSIDE, WAIT, CANCELED = waiting.OUTSIDE, coroutines.WAIT, errors.kinds.CANCELED

local FOREIGN = 'coroutine.yield was called outside a coroutine: nobody has resumed the code that called it'

local M = {}

--- The groups that have not ended, as keys.
M.groups = {}
local groups = M.groups

local tasks = setmetatable({}, { __mode = 'kv' }) -- coroutine -> task that has not ended
local last_id = 0

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
  if task.problem or task.ended then return false end
  task.problem = problem or errors.make { message = 'canceled', kind = CANCELED }
  -- One that runs, or is about to with an answer, learns it at its next wait.
  if task ~= running() and not task.answered and task.begun then stop(task) end
  return true
end
local cancel = M.cancel

--- Takes back a cancellation of the task that runs, which had refused to end `refusals` times before.
---@param task Task
---@param problem any
---@param refusals integer
function M.pardon(task, problem, refusals)
  if task.problem ~= problem then return end
  task.problem, task.refusals, task.given_up, task.answered = nil, refusals, false, false
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
  -- A task that was canceled is expected to end so.
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

--- A main task, and what it has spawned. What a message has opened a group for may keep more in it.
---@class TaskGroup
---@field first Task? those that have not ended
---@field last Task?
---@field main Task
---@field problem any? what it has failed with
---@field results table? of its main task, their number in `n`
---@field closing boolean its tasks are canceled
---@field timed boolean timers have been set in it
---@field over boolean all of it has ended
---@field finish fun(group: TaskGroup)? called then
---@field [string] any

--- A coroutine that waits and is woken.
---@class Task
---@field id integer counted from the first that began
---@field co thread
---@field group TaskGroup that it ends with
---@field before Task? the neighbors in its group
---@field after Task?
---@field f function? what it runs, until it has begun
---@field arguments table? for that, their number in `n`
---@field begun boolean
---@field done boolean its function has ended
---@field ended boolean nothing is left of it
---@field problem any? what it was canceled with: each wait raises that
---@field refusals integer how often it has gone on after such a wait
---@field given_up boolean too often: it never goes on
--- How it waits (lua/dispatcher/waiting.lua):
---@field generation integer the number of its last ticket
---@field answered integer|false what has answered its wait
---@field again boolean|string it goes on at once in its turn; 'busy' where it computes
---@field kind string|false what it waits for, in words for reports; false before its first wait
---@field detail any?
---@field a any? the answer
---@field b any?
---@field c any?
---@field timer Timer? for the deadlines of its waits
---@field next Task? behind it in the run queue
---@field node table? for its waits for channels (stdlib/channel)
---@field waiter Waiter? that stands for it before a gate (lua/dispatcher/gate.lua)
---@field awaits Task? the task whose end it waits for (lua/dispatcher/rings.lua)
--- What it does:
---@field context table? name -> encoded value (lua/calls/context.lua)
---@field limit CallLimit? of a function in Lua (lua/scripts/functions.lua)
---@field nested integer? how many such functions are in each other
---@field called string? the function that it waits for before its call, and since when (nanoseconds)
---@field began number?
---@field stay Stay? its innermost place in a pool
---@field queued number? how long it has waited for places, in nanoseconds
---@field called_by_guests integer? how many guests are in each other that have called what it runs
---@field struck any? the problem of a guest's limit that has passed (lua/imports/run.lua)

---@param group TaskGroup
---@param f function
---@param given table? the arguments, with their number in `n`
---@return Task
local function make(group, f, given)
  local co = create(body)
  last_id = last_id + 1
  ---@type Task
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
    given_up = false,
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
    nested = nil,
    stay = nil,
    queued = nil,
    called_by_guests = nil,
    struck = nil,
    waiter = nil,
    awaits = nil,
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
    fail(task, errors.from(ok and FOREIGN or message, { lua_stack = errors.frames(0, co) }))
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
