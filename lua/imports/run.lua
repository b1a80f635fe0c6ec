-- Runs what answers a function that a guest imports.
--
-- A provider begins at once, in the midst of the guest's call, in a coroutine of its own. Where it returns without a wait so does the
-- guest's call. Where it waits, or does what must not be done on a guest's stack (lua/guest/stack.lua), its coroutine yields: the guest
-- waits on its fiber, and the task that is in the guest goes on with the coroutine, waits on its behalf, and then lets the guest go on.

local answer = require 'lua.imports.answer'
local coroutines = require 'lua.dispatcher.coroutines'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local interrupt = require 'lua.dispatcher.interrupt'
local protocol = require 'lua.guest.protocol'
local stack = require 'lua.guest.stack'
local tasks = require 'lua.dispatcher.tasks'
local waiting = require 'lua.dispatcher.waiting'

local create, resume, yield, isyieldable = coroutine.create, coroutine.resume, coroutine.yield, coroutine.isyieldable
local xpcall, current = xpcall, waiting.current
local WAIT = coroutines.WAIT

local M = {}

-- How deep guests of one task may call each other by way of providers that have left a guest's stack: each level is an instance and a
-- stack.
local MOST_NESTED = 100

local DONE = {}
local idle, resting = {}, 0
-- How many coroutines are kept for calls to come.
local MOST_RESTING = 100

local function where(value)
  if errors.is_error(value) then return value end
  return errors.from(value, { kind = errors.kinds.INTERNAL, lua_stack = errors.frames(2) })
end

local function runner(f, ...) return runner(yield(DONE, xpcall(f, where, ...))) end

local function rest(co)
  if resting >= MOST_RESTING then return end
  resting = resting + 1
  idle[resting] = co
end

local function failed(message, kind) return errors.make { message = message, kind = kind or errors.kinds.INTERNAL, lua_stack = {} } end

-- Ends the guest's call with an error: gives the reason of the trap.
local function raise(instance, problem)
  instance.raised = problem
  return problem:message()
end

-- Goes on with the guest when its provider has ended: `later` when it has waited.
local function settle(instance, io, import, ret, later, fine, value, problem)
  local given, wrong = value, nil
  -- Most results are what they should be, and of no type that has two sides.
  if not fine or problem ~= nil or import.has_sides or not import.fits(value) then
    given, wrong = answer.of(import, instance, fine, value, problem)
  end
  if wrong then return raise(instance, wrong) end
  return import.give(instance, io, ret, given, later)
end

-- What a coroutine has come to that is neither done nor waits.
local function lost(ok, what)
  if not ok then return errors.from(what, { kind = errors.kinds.INTERNAL, lua_stack = {} }) end
  return failed('coroutine.yield was called outside a coroutine: nobody has resumed the code that called it')
end

-- Limits ------------------------------------------------------------------------------------------------------------

-- Puts what the task does from now on under the limit of the guest's call, so that it ends where it computes too; gives the limit, which
-- `lift` takes away. The library is interpreted then, which it has to be to be looked at.
local function impose(instance, import)
  local task = current()
  if not task or not instance.limit or not import.interpret then return nil end
  import.interpret()
  local limits = instance.limits
  local limit = {
    id = instance.maker or import.name,
    ms = limits.limit_ms or 0,
    ends = instance.limit,
    outer = task.limit,
    late = nil,
    tasks = setmetatable({}, { __mode = 'k' }),
    task = task,
    refusals = task.refusals,
  }
  task.limit = limit
  interrupt.enter(task)
  return limit
end

-- Takes a limit away; tells whether it has passed. What was spawned under it ends when it has, or the call is `over`: a function in Lua
-- that has a limit does the same.
local function lift(limit, over)
  local task = limit.task
  task.limit = limit.outer
  if limit.outer then
    interrupt.enter(task)
  else
    interrupt.leave()
  end
  if over or limit.late then
    for spawned in pairs(limit.tasks) do
      tasks.cancel(spawned, limit.late)
    end
  end
  if limit.late then tasks.pardon(task, limit.late, limit.refusals) end
  return limit.late ~= nil
end

-- Waiting --------------------------------------------------------------------------------------------------------------

-- Ends a wait of the task when the guest's limit has passed.
local function strike(state)
  if tasks.cancel(state.task, state.problem) then state.task.struck = state.problem end
end

-- Goes on with a provider that waits, in the task that is in its guest. Gives a problem that ends the guest's call, or nil, and how the
-- provider has ended.
local function carry(imposed, co, leaving, limit)
  local task, state, timer = current(), nil, nil
  if imposed then
    task.limit = imposed
    interrupt.enter(task)
  end
  local refusals = task.refusals
  if limit then
    state = { task = task, problem = failed('it took longer than the limit of the call that it answers', errors.kinds.TIMEOUT) }
    timer = dispatcher.timer(limit, strike, state)
  end
  ---@type boolean, any, any, any, any
  local ok, tag, fine, value, problem = true, WAIT, nil, nil, nil
  repeat
    if not leaving then
      if not isyieldable() then
        if imposed then lift(imposed, true) end
        return failed 'waiting is not possible here: the guest was called from C'
      end
      -- The turn that ends here may have begun without a limit, and others shall not run under it; the next one begins with it.
      if imposed then interrupt.leave() end
      yield(WAIT)
    end
    leaving = false
    -- One that swallows what it is told when its time is up is left where it is.
    if tag ~= WAIT then break end
    ok, tag, fine, value, problem = resume(co)
  until tag ~= WAIT or (state and task.struck == state.problem)
  if timer then dispatcher.cancel_timer(timer) end
  local late = imposed and lift(imposed, true)
  if state and task.struck == state.problem then
    task.struck = nil
    tasks.pardon(task, state.problem, refusals)
    if tag == DONE then rest(co) end
    return dispatcher.LATE
  end
  if late then
    if tag == DONE then rest(co) end
    return dispatcher.LATE
  end
  if tag ~= DONE then return nil, false, lost(ok, tag) end
  rest(co)
  -- Canceled, the guest's call ends as any other does.
  if not fine and task.problem and value == task.problem then return value end
  return nil, fine, value, problem
end

-- As `carry`, counted.
local function nested(task, ...)
  local depth = (task.called_by_guests or 0) + 1
  if depth > MOST_NESTED then return nil, false, failed(('guests call each other more than %d levels deep'):format(MOST_NESTED)) end
  task.called_by_guests = depth
  local why, fine, value, problem = carry(...)
  task.called_by_guests = depth - 1
  return why, fine, value, problem
end

-- Has the guest wait for a provider.
local function wait(instance, io, import, ret, imposed, co, leaving)
  if not instance.asynchronous or not current() then
    return raise(instance, failed(import.name .. ' waits, or calls a function, while its guest is made, where a guest may not wait'))
  end
  local fine, value, problem
  local pending = {
    work = function(limit)
      local why
      why, fine, value, problem = nested(current(), imposed, co, leaving, limit)
      if why ~= dispatcher.LATE then return why end
    end,
  }
  return protocol.wait(instance, io, pending, function(_, out) return settle(instance, out, import, ret, true, fine, value, problem) end)
end

-- What the first turn of a provider has come to.
local function begun(instance, io, import, ret, imposed, co, ok, tag, fine, value, problem)
  stack.on, stack.fiber = false, false
  local late = imposed and lift(imposed, tag ~= WAIT)
  if tag == DONE then
    rest(co)
    if late then return raise(instance, imposed.late) end
    return settle(instance, io, import, ret, false, fine, value, problem)
  end
  if tag ~= WAIT then return settle(instance, io, import, ret, false, false, lost(ok, tag)) end
  local leaving = stack.leaving
  stack.leaving = false
  return wait(instance, io, import, ret, imposed, co, leaving)
end

--- Begins the provider of an import with the arguments that its guest gives.
---@param instance Instance
---@param io ffi.cdata*
---@param import table
---@param ret? integer
---@param ... any
---@return any
function M.begin(instance, io, import, ret, ...)
  local co
  if resting > 0 then
    co = idle[resting]
    idle[resting] = nil
    resting = resting - 1
  else
    co = create(runner)
  end
  stack.on, stack.fiber = true, instance.asynchronous or false
  local imposed = instance.limit and impose(instance, import) or nil
  return begun(instance, io, import, ret, imposed, co, resume(co, import.f, ...))
end

--- The reason of the trap for a guest that hands an import what it may not.
---@param import table
---@param what string
---@return string
function M.broken(import, what) return ('the guest broke the canonical ABI when it called %s: %s'):format(import.name, what) end

--- Keeps a result for the WebAssembly that fetches it after a wait.
---@param instance Instance
---@param value any
function M.fetch(instance, value)
  instance.after = function(_, io) io[0].u64 = value end
end

return M
