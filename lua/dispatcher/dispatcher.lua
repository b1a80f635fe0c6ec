-- The dispatcher of a lane: runs tasks, each a coroutine, until they wait, and wakes them when what they wait for has come.
--
-- A task that waits takes a ticket, leaves it with whoever will wake it, and suspends itself:
--   local task, generation = dispatcher.ticket()
--   ... somebody calls dispatcher.wake(task, generation, a, b, c), now or later ...
--   local problem, a, b, c = dispatcher.suspend('channel receive')
--   if problem then ... take back the ticket ...; error(problem, 2) end
-- A ticket is good for one wake; a later one does nothing and returns false. A wait with a deadline is `wait_until`; tasks that wait in
-- order stand before a gate (lua/dispatcher/gate.lua). Tasks belong to the group of the main function that they were spawned under, and
-- end with it.
local arguments = require 'lua.values.arguments'
local clock = require 'lua.dispatcher.clock'
local collector = require 'lua.dispatcher.collector'
local coroutines = require 'lua.dispatcher.coroutines'
local deadlock = require 'lua.dispatcher.deadlock'
local epoch_state = require 'lua.dispatcher.epoch_state'
local errors = require 'lua.values.errors'
local gate = require 'lua.dispatcher.gate'
local rings = require 'lua.dispatcher.rings'
local run_queue = require 'lua.dispatcher.run_queue'
local tasks = require 'lua.dispatcher.tasks'
local timers = require 'lua.dispatcher.timers'
local waiting = require 'lua.dispatcher.waiting'

local error, type, unpack, next, pairs, ipairs, select = error, type, unpack, next, pairs, ipairs, select
local setmetatable, getfields, setfields = setmetatable, debug.getfenv, debug.setfenv
local monotonic, max, min = clock.monotonic, math.max, math.min
local current = waiting.current
local take, take_busy, can_run = run_queue.take, run_queue.take_busy, run_queue.can_run
local step, close, groups = tasks.step, tasks.close, tasks.groups
local notice = epoch_state.notice
local CANCELED = errors.kinds.CANCELED

local M = {
  current = current,
  ticket = waiting.ticket,
  wake = waiting.wake,
  rouse = waiting.rouse,
  park = waiting.park,
  park_until = waiting.park_until,
  suspend = waiting.suspend,
  wait = waiting.wait,
  wait_until = waiting.wait_until,
  sleep = waiting.sleep,
  LATE = waiting.LATE,
  OUTSIDE = waiting.OUTSIDE,
  pause = waiting.pause,
  give_way = waiting.give_way,
  note_turn = tasks.note_turn,
  spawn = tasks.spawn,
  spawn_now = tasks.spawn_now,
  spawn_in = tasks.spawn_in,
  cancel = tasks.cancel,
  open = tasks.open,
  open_packed = tasks.open_packed,
}

-- What others have to do with the loop, as `on_turn`, `on_idle` and `idle_by` have it.
local each_turn, before_idle = {}, {}
local wait_outside = function(ns) clock.pause(ns or 1e9) end

--- Has `f()` called at the start of each turn: it brings what has happened outside, or passes on what is to happen there.
---@param f fun()
function M.on_turn(f) each_turn[#each_turn + 1] = f end

--- Has `f()` called before the lane waits for the outside: it passes on what others are to do meanwhile.
---@param f fun()
function M.on_idle(f) before_idle[#before_idle + 1] = f end

--- Has the lane wait for the outside by `wait(ns)`, for at most `ns` nanoseconds, or without end for nil.
---@param wait fun(ns: number?)
function M.idle_by(wait) wait_outside = wait end

-- A time without work that some of the collector's is done in, in nanoseconds.
local LONG = 5e6

-- How many operations outside Lua will wake a task; of these, users who may bring more to run.
local expected, asked = 0, 0

-- Timers ---------------------------------------------------------------------------------------------------------

--- Calls `callback(a, b)` at `deadline`, monotonic nanoseconds, unless it is canceled or the script ends. The callback may
--- not wait. Belongs to the group of the task that runs, or in a callback to `group`.
---@param deadline number
---@param callback function
---@param a any?
---@param b any?
---@param group TaskGroup?
---@return Timer
function M.timer(deadline, callback, a, b, group)
  if not group then
    local task = current()
    if not task then error(waiting.OUTSIDE, 3) end
    group = task.group
  end
  group.timed = true
  local timer = timers.new(group, callback, a, b)
  timers.set(timer, deadline)
  return timer
end

--- A timer for the host's own chores: it outlives scripts, and none of them waits for it.
---@param deadline number
---@param callback function
---@param a any?
---@param b any?
---@return Timer
function M.background_timer(deadline, callback, a, b)
  local timer = timers.new(nil, callback, a, b)
  timers.set(timer, deadline)
  return timer
end

--- Takes a timer back; returns whether it was still to come.
M.cancel_timer = timers.cancel

--- Counts operations outside Lua that will wake a task, such as work on another thread: +1, and -1 when done.
--- What waits for a timer needs no counting.
---@param n integer
function M.expect(n) expected = expected + n end

local hopeless

--- Counts a user, who may bring more to run at any time, so that waiting forever is not a deadlock. `when_hopeless()` is called each time
-- that all wait and nobody else can wake one.
---@param when_hopeless function
function M.expect_user(when_hopeless)
  expected, asked, hopeless = expected + 1, 1, when_hopeless
end

--- Ends a group with the error that all of its tasks wait and nothing can wake one.
---@param group TaskGroup
function M.give_up(group) close(group, deadlock.problem(group)) end

-- The loop -------------------------------------------------------------------------------------------------------

-- Gives the groups there are: closing one may open and end others.
local function now_open()
  local open = {}
  for group in pairs(groups) do
    open[#open + 1] = group
  end
  return open
end

-- What every task of every group waits for, and nothing will come.
local function stuck()
  for _, group in ipairs(now_open()) do
    if not group.closing then
      close(group, deadlock.problem(group))
    else
      -- Canceled, and yet waiting: nothing is left that could go on.
      while group.first do
        tasks.leave(group.first)
      end
    end
  end
end

-- Waits for the outside, unless something has become able to run.
local function idle(ns)
  for i = 1, #before_idle do
    before_idle[i]()
  end
  if not can_run() then wait_outside(ns) end
end

-- Waits for what comes next, when nothing can run.
local function rest()
  local deadline = timers.next()
  if expected > 0 then
    if expected == asked and not timers.any() then
      hopeless()
      if can_run() then return end
    end
    -- A test clock stands still while others work.
    return idle(deadline and not clock.is_test() and max(deadline - monotonic(), 0) or nil)
  end
  if not timers.any() then return stuck() end
  if clock.is_test() then return clock.jump(deadline) end
  local ns = deadline - monotonic()
  if ns <= 0 or ns > LONG and collector.work() then return end
  idle(ns)
end

-- One turn. This is the event loop's body: bring what happened outside, fire due timers, run what can run now, and
-- wait when nothing can. What becomes runnable meanwhile runs in the next turn, so that nobody starves. Of the tasks that
-- compute for long one goes on in each turn, so that timers and the others wait for no more than one.
local function turn()
  for i = 1, #each_turn do
    each_turn[i]()
  end
  if timers.next() then timers.fire(monotonic()) end
  local task, busy = take(), take_busy()
  if not task and not busy then return rest() end
  -- Chores of the host can wait.
  notice.next_timer = timers.any() and not clock.is_test() and timers.next() or 0
  while task do
    local following = task.next
    task.next = nil
    -- What the answerer of epochs is to know while the task is in a guest.
    notice.others = (following or busy or expected > asked or can_run()) and 1 or 0
    step(task)
    if following and tasks.had_turn() then
      -- A guest has computed for a while: what has come meanwhile goes before the others of this turn, which go on one by one.
      run_queue.defer(following)
      break
    end
    task = following
  end
  if not busy then return end
  notice.others = (expected > asked or can_run()) and 1 or 0
  step(busy)
end

local function answer(group)
  if group.problem then return false, group.problem end
  return true, unpack(group.results, 1, min(group.results.n, arguments.MOST))
end

--- Runs `main(...)` until it has returned and everything it spawned has ended, being canceled then. Returns true and the
--- results, or false and an error: what main raised, or a spawned function, or that all wait forever.
---@param main function
---@return boolean
---@return any ...
function M.run(main, ...)
  if current() then error('a script is running in this lane already', 2) end
  coroutines.reset()
  local group = tasks.open(nil, main, ...)
  while not group.over do
    turn()
  end
  return answer(group)
end

--- Cancels what waits in a group: it ends.
---@param group TaskGroup
function M.cancel_group(group) close(group, errors.make { message = 'canceled', kind = CANCELED, lua_stack = {} }) end

--- Cancels what waits in every group.
function M.cancel_all()
  for _, group in ipairs(now_open()) do
    M.cancel_group(group)
  end
end

--- Runs groups that messages open (see lua/lane/inbox.lua), until `closing()` says that no more will come and all have ended.
---@param closing fun(): boolean
function M.serve(closing)
  while true do
    if can_run() or next(groups) then
      turn()
    elseif closing() then
      return
    else
      local deadline = timers.next()
      idle(deadline and max(deadline - monotonic(), 0))
      if deadline then timers.fire(monotonic()) end
      for _, bring in ipairs(each_turn) do
        bring()
      end
    end
  end
end

-- For scripts ----------------------------------------------------------------------------------------------------

-- How a spawned coroutine has ended is its environment from then on, which no script can reach: {ok, results or error, n}.
local outcomes = setmetatable({}, { __mode = 'k' }) -- these, as keys

local function note(co, ok, ...)
  local outcome = { ok = ok, n = select('#', ...), ... }
  outcomes[outcome] = true
  setfields(co, outcome)
end

local JOINERS = {
  failed = function(task, problem)
    if not task.gate or not task.gate.first then return false end
    note(task.co, false, problem)
    return true
  end,
  returned = function(task, ...) note(task.co, true, ...) end,
}

--- Starts `f(...)` beside the caller and returns its coroutine, for `coroutine.join`, `coroutine.status` and `coroutine.cancel`.
function coroutines.library.spawn(f, ...)
  if type(f) ~= 'function' then
    error("bad argument #1 to 'spawn' (function expected, got " .. (f == nil and 'no value' or type(f)) .. ')', 2)
  end
  local many = arguments.too_many(select('#', ...))
  if many then error('coroutine.spawn: ' .. many, 2) end
  local task = current()
  if not task or task.group.closing then error(task and task.problem or 'coroutine.spawn: there is no running script to spawn in', 2) end
  local spawned = tasks.spawn(f, ...)
  spawned.joiners = JOINERS
  return spawned.co
end

--- Waits until a spawned coroutine has ended, and returns what its function has returned; nil and an error if it has raised that while
--- somebody waited for it here, or was canceled. An error that nobody waits for fails the script.
function coroutines.library.join(co)
  if type(co) ~= 'thread' then
    error("bad argument #1 to 'join' (coroutine expected, got " .. (co == nil and 'no value' or type(co)) .. ')', 2)
  end
  local task = tasks.of(co)
  if task then
    if not task.joiners then error('coroutine.join: only what coroutine.spawn returned can be joined', 2) end
    if task == current() then error('coroutine.join: the coroutine would wait for itself', 2) end
    task.gate = task.gate or gate.new()
    if not current() then error(waiting.OUTSIDE, 2) end
    rings.enter(task)
    local problem = gate.wait(task.gate, nil, 'coroutine join')
    rings.leave()
    if problem then error(problem, 2) end
  end
  local outcome = getfields(co)
  if not outcomes[outcome] then
    if task then return nil, task.problem end
    if coroutine.status(co) ~= 'dead' then error('coroutine.join: only what coroutine.spawn returned can be joined', 2) end
    return nil, errors.make { message = 'the coroutine was canceled, or has failed', kind = CANCELED }
  end
  if outcome.ok then return unpack(outcome, 1, min(outcome.n, arguments.MOST)) end
  return nil, outcome[1]
end

--- Ends a spawned coroutine: where it waits an error of kind Canceled is raised, and wherever it waits again. Returns
-- false when it has ended, or was canceled, before.
function coroutines.library.cancel(co)
  if type(co) ~= 'thread' then
    error("bad argument #1 to 'cancel' (coroutine expected, got " .. (co == nil and 'no value' or type(co)) .. ')', 2)
  end
  local task = tasks.of(co)
  if not task then
    if coroutine.status(co) ~= 'dead' then error('coroutine.cancel: only what coroutine.spawn returned can be canceled', 2) end
    return false
  end
  return tasks.cancel(task, errors.make { message = 'canceled', kind = CANCELED })
end

return M
