-- Nurseries: tasks that end together. All of what was started in one has ended when a wait for it returns, whatever has happened; and no
-- error of its children is lost: it is what the wait gives, or it fails the script.
--
-- A nursery belongs to the task that opened it. A failure ends the others, unless it `collects`. The wait itself can't be canceled: when
-- its task is, that ends the children, and the wait goes on until they have.
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local exits = require 'lua.values.exits'
local gate = require 'lua.dispatcher.gate'
local rings = require 'lua.dispatcher.rings'
local run_queue = require 'lua.dispatcher.run_queue'
local tasks = require 'lua.dispatcher.tasks'

local error, type, tostring = error, type, tostring
local current, cancel_task, spawn_in = dispatcher.current, tasks.cancel, tasks.spawn_in
local is_error, CANCELED = errors.is_error, errors.kinds.CANCELED

local M = {}

--- Tasks that end together.
---@class Nursery: TaskScope
---@field owner Task
---@field children Task[] those that have not ended, in no order
---@field count integer of these
---@field failures any[] the errors of children, in the order that they came in
---@field failure any? what its wait gives: the first of these, or that its time was up, or that it was canceled
---@field canceled any? what its children are canceled with
---@field collects boolean a failure cancels nothing
---@field delivered boolean its errors have been given to somebody
---@field is_abandoned boolean its owner has ended
---@field waiters Gate
---@field limit integer? how many children may run at once
---@field running integer
---@field held table<integer, Task> those that wait for others to end, from `held_first` to `held_last`
---@field held_first integer
---@field held_last integer
---@field room Gate where those wait who would start more
---@field timer Timer?
---@field body boolean the owner runs the body of the nursery, which ends with it
---@field state any what whoever has opened it keeps with it
---@field settle fun(nursery: Nursery, task: Task, value: any, problem: any, failed: boolean)? hears how each child has ended

local function canceled_by(problem)
  return errors.make {
    message = 'canceled: another of its group has failed: ' .. (is_error(problem) and problem:message() or tostring(problem)),
    kind = CANCELED,
    cause = is_error(problem) and problem or nil,
    lua_stack = {},
  }
end

-- Has a child begin that waits for others to end, or lets one be started.
local function start_held(nursery)
  local held, first = nursery.held, nursery.held_first
  local task = held[first]
  if task then
    held[first], nursery.held_first = nil, first + 1
    nursery.running = nursery.running + 1
    run_queue.push(task)
  else
    gate.admit(nursery.room)
  end
end

--- Cancels the children, those that are started from now on too. It does nothing the second time.
---@param nursery Nursery
---@param why any the error that their waits raise
function M.cancel(nursery, why)
  if nursery.canceled then return end
  nursery.canceled = why
  local children = nursery.children
  for i = 1, nursery.count do
    cancel_task(children[i], why)
  end
  -- Those that have not begun leave at once.
  while nursery.held[nursery.held_first] do
    start_held(nursery)
  end
  gate.admit_all(nursery.room)
  local body = nursery.body
  if body and nursery.owner ~= current() then tasks.cancel_softly(nursery.owner, why) end
end
local cancel = M.cancel

--- Notes the failure of a child, or of what a child does.
---@param nursery Nursery
---@param problem any
function M.fail(nursery, problem)
  nursery.failures[#nursery.failures + 1] = problem
  if not nursery.failure then nursery.failure = problem end
  if nursery.is_abandoned then
    tasks.close(nursery.owner.group, problem)
  elseif not nursery.collects then
    cancel(nursery, canceled_by(problem))
  end
end
local fail = M.fail

--- Returns the error that the results of a function stand for, or nil: an error value that comes second, or a text behind nil or false.
---@param value any
---@param problem any
---@return any
function M.problem_of(value, problem)
  if problem == nil then return nil end
  if is_error(problem) then return problem end
  if not value and type(problem) == 'string' then return errors.make { message = problem, kind = errors.kinds.UNKNOWN, lua_stack = {} } end
end
local problem_of = M.problem_of

local function settled(nursery, task, value, problem, failed)
  local settle = nursery.settle
  if settle then settle(nursery, task, value, problem, failed) end
end

local function ended(nursery, task, ok, value, second)
  if not ok then
    value, second = nil, errors.from(value)
    if exits.status(second) then tasks.close(task.group, second) end
  end
  local problem = problem_of(value, second)
  if problem == nil then return settled(nursery, task, value, nil, false) end
  local failed = not tasks.is_cancellation(task, problem) and not exits.status(problem)
  if failed then fail(nursery, problem) end
  settled(nursery, task, nil, problem, failed)
end

local function left(nursery, task)
  local children, count, place = nursery.children, nursery.count, task.place
  if not task.done then settled(nursery, task, nil, task.problem, false) end
  local last = children[count]
  children[place], last.place, children[count] = last, place, nil
  count = count - 1
  nursery.count, nursery.running = count, nursery.running - 1
  if nursery.limit and nursery.running < nursery.limit then start_held(nursery) end
  local owner = nursery.owner
  if owner.awaits == task then rings.move(owner, children[1]) end
  if count == 0 then
    gate.admit_all(nursery.waiters)
    if nursery.timer and nursery.is_abandoned then dispatcher.cancel_timer(nursery.timer) end
  end
end

local ORPHANED = 'canceled: what had opened its group has ended'

local function orphan(nursery)
  if nursery.count > 0 then cancel(nursery, errors.make { message = ORPHANED, kind = CANCELED, lua_stack = {} }) end
end

-- Its owner is gone, without having come to its end: it was given up.
local function abandoned(nursery)
  nursery.is_abandoned = true
  if nursery.timer then dispatcher.cancel_timer(nursery.timer) end
  if #nursery.failures > 0 and not nursery.delivered then tasks.close(nursery.owner.group, M.together(nursery)) end
  orphan(nursery)
end

local function expire(nursery, ns)
  if nursery.canceled or nursery.count == 0 and not nursery.body then return end
  local late = errors.make {
    message = ('the group took longer than its timeout of %g ms'):format(ns / 1e6),
    kind = errors.kinds.TIMEOUT,
    retryable = true,
    lua_stack = {},
  }
  if not nursery.failure then nursery.failure = late end
  cancel(nursery, late)
end

-- Takes a nursery from its owner, which has seen its end.
local function disown(nursery)
  local owner, before = nursery.owner, nil
  local other = owner.owned
  while other and other ~= nursery do
    before, other = other, other.next_owned
  end
  if not other then return end
  if before then
    before.next_owned = nursery.next_owned
  else
    owner.owned = nursery.next_owned
  end
end

--- Starts `f(...)` in a nursery. Where as many children run as may, it waits for one of them to end; a child that starts others does not
--- wait, but they begin later. Returns the task, or nil and the error that the nursery was canceled with.
---@param nursery Nursery
---@param f function
---@param ... any
---@return Task?
---@return any
function M.spawn(nursery, f, ...)
  local held, limit = false, nursery.limit
  if limit and nursery.running >= limit then
    local task = current()
    if task and task.scope == nursery then
      held = true
    else
      while nursery.running >= limit and not nursery.canceled do
        local problem = gate.wait(nursery.room, nil, 'room in a group')
        if problem then error(problem, 0) end
      end
    end
  end
  if nursery.canceled then return nil, nursery.failure or nursery.canceled end
  local task = spawn_in(nursery, held, f, ...)
  local count = nursery.count + 1
  nursery.count, nursery.children[count], task.place = count, task, count
  if held then
    nursery.held_last = nursery.held_last + 1
    nursery.held[nursery.held_last] = task
  else
    nursery.running = nursery.running + 1
  end
  return task
end

--- Returns one error for all that children have failed with, and that their time was up; the only one itself, nil where there is none.
---@param nursery Nursery
---@return any
function M.together(nursery)
  local failures, failure = nursery.failures, nursery.failure
  local all = failures
  if failure ~= nil and failures[1] ~= failure then
    all = { failure }
    for i = 1, #failures do
      all[i + 1] = failures[i]
    end
  end
  return errors.together(all)
end

-- Waits until all children have ended, though the task that waits is canceled. Returns what it was canceled with; or a problem, where
-- nothing can wait.
local function drain(nursery, task)
  local refusals, canceled, soft = task.refusals, nil, false
  while nursery.count > 0 do
    local problem = gate.wait(nursery.waiters, nil, 'group wait')
    if problem then
      if problem ~= task.problem then return problem end
      if not canceled or soft then
        canceled, soft = problem, task.soft
      end
      if nursery.owner ~= task then break end
      -- Its children end as it does; until they have it goes on.
      cancel(nursery, problem)
      task.problem, task.soft = nil, false
    end
  end
  if canceled then
    task.problem, task.soft, task.refusals = canceled, soft, refusals
  end
  return canceled
end

-- Its owner has come to its end, and has not waited: nothing outlives it, and what nobody has been given yet is the owner's error.
local function finish(nursery)
  orphan(nursery)
  drain(nursery, nursery.owner)
  if nursery.timer then dispatcher.cancel_timer(nursery.timer) end
  if #nursery.failures == 0 or nursery.delivered then return nil end
  nursery.delivered = true
  return M.together(nursery)
end

--- Waits until all children have ended. Raises when the task is canceled meanwhile: what a child has failed with, or its cancellation.
---@param nursery Nursery
function M.wait(nursery)
  local task = current()
  if not task then error(dispatcher.OUTSIDE, 3) end
  if task.scope == nursery then error('a child of a group waits for the group: it would wait for itself', 3) end
  if nursery.count > 0 then
    rings.enter(nursery.children[1])
    local problem = drain(nursery, task)
    rings.leave()
    if problem then
      if nursery.owner == task and nursery.count == 0 then disown(nursery) end
      if nursery.timer then dispatcher.cancel_timer(nursery.timer) end
      if #nursery.failures > 0 and not nursery.delivered then
        nursery.delivered = true
        error(M.together(nursery), 0)
      end
      error(problem, 0)
    end
  end
  if nursery.timer then dispatcher.cancel_timer(nursery.timer) end
  nursery.delivered = true
  if nursery.owner == task then disown(nursery) end
end

--- Opens a nursery of the task that runs. `ns` is how many nanoseconds it may last, nil for no bound.
---@param collects boolean
---@param limit integer?
---@param ns number?
---@return Nursery
function M.open(collects, limit, ns)
  local owner = current()
  if not owner then error(dispatcher.OUTSIDE, 3) end
  ---@type Nursery
  local nursery = {
    owner = owner,
    children = {},
    count = 0,
    failures = {},
    failure = nil,
    canceled = nil,
    collects = collects,
    delivered = false,
    is_abandoned = false,
    waiters = gate.new(),
    limit = limit,
    running = 0,
    held = {},
    held_first = 1,
    held_last = 0,
    room = gate.new(),
    timer = nil,
    body = false,
    state = nil,
    settle = nil,
    ended = ended,
    left = left,
    finish = finish,
    abandoned = abandoned,
    next_owned = owner.owned,
  }
  owner.owned = nursery
  if ns then nursery.timer = dispatcher.timer(clock.monotonic() + ns, expire, nursery, ns) end
  return nursery
end

return M
