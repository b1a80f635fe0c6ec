-- Calls of exports of WASI 0.3 from Lua: a task of an instance that many calls share, which the caller waits for.

local clock = require 'lua.dispatcher.clock'
local deadline = require 'lua.pools.deadline'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local explain = require 'lua.abi.explain'
local handles = require 'lua.guest.handles'
local jobs = require 'lua.tasks.jobs'
local optional = require 'lua.values.optional'
local pools = require 'lua.pools.pools'
local reports = require 'lua.guest.reports'
local stack = require 'lua.guest.stack'
local states = require 'lua.tasks.state'
local tasks = require 'lua.tasks.tasks'
local values = require 'lua.tasks.values'

local select, unpack = select, unpack
local failure, LATE, CANCELED = reports.failure, dispatcher.LATE, errors.kinds.CANCELED

local M = {}

local making, hooks -- lua/calls/making.lua and lua/calls/hooks.lua, which stand above this

--- Sets what makes instances, and what makes errors of calls.
---@param given_making table
---@param given_hooks table
function M.setup(given_making, given_hooks)
  making, hooks = given_making, given_hooks
  states.setup(making.discard)
end

-- How long a call that was canceled may take to end before its instance is ended, in nanoseconds.
M.GRACE = 100e6

-- Instances -------------------------------------------------------------------------------------------------------------

-- An instance that a call may join, or a new one.
local function join(target)
  local plan = target.plan
  plan.serving = plan.serving or {}
  local list, best = plan.serving, nil
  for i = #list, 1, -1 do
    local instance = list[i]
    if instance.store == nil or (instance.tasks and instance.tasks.dead) then
      table.remove(list, i)
    elseif not best and instance.seen_by(target) then
      if not instance.tasks or instance.tasks.count < target.concurrency then best = instance end
    end
  end
  if best then return best end
  local instance, err = making.make_shared(target)
  if not instance then return nil, err end
  -- What a guest sees of the world is its entry's.
  function instance.seen_by(other) return other.id == target.id or not other.worldly or plan.resources[1] ~= nil end
  list[#list + 1] = instance
  return instance
end

-- The call -------------------------------------------------------------------------------------------------------------

local function lost(target, report)
  local problem = target.failed(report)
  return problem
end

local function stopped(problem, target)
  if problem == LATE then return reports.late(target) end
  return problem
end

-- Asks a task to end; one that does not loses its instance.
local function give_up(state, called, target)
  if called.phase == 'resolved' and called.ended then return end
  jobs.push(state, {
    callee = 0,
    prepare = function()
      tasks.request_cancel(called)
      return false
    end,
  })
  dispatcher.background_timer(clock.monotonic() + M.GRACE, function()
    if called.phase == 'resolved' or state.dead then return end
    state.dead = {
      reason = ('the instance was ended, because another call of it, %s, did not end when it was canceled'):format(target.sig.name),
      frames = {},
      retryable = true,
    }
    states.fail(state)
  end)
end

-- The value of a result as its caller gets it.
local function given(target, value)
  local t = target.sig.result
  if not t then return nil end
  if t.kind ~= 'result' or not target.pair then
    if value == optional.none then return nil end
    return value
  end
  if value.err ~= nil then
    local payload = value.err
    if not t.err then payload = nil end
    return nil, hooks.guest_error(target, payload)
  end
  if not t.ok or value.ok == optional.none then return nil end
  return value.ok
end

-- Waits until the task has given its result.
local function await(call, target, limit)
  local ticket, generation = dispatcher.ticket()
  if not ticket then return generation end
  call.task, call.generation = ticket, generation
  local problem = dispatcher.wait_until(limit, 'funcs.call', target.id)
  call.task = nil
  return problem
end

local function perform(target, number, count, ...)
  local limit = deadline.of(target.id, target.limits.limit_ms)
  local stay, problem = pools.enter(target.pool, limit)
  if not stay then
    if problem == LATE then return nil, reports.late(target) end
    error(problem, 0)
  end
  local instance, err = join(target)
  if not instance then
    pools.leave(stay)
    return nil, err
  end
  local state = states.of(instance)
  local arguments = { n = count, ... }
  local call = { task = nil, generation = nil, done = false, value = nil, report = nil }
  local function wake()
    call.done = true
    if call.task then dispatcher.wake(call.task, call.generation) end
  end
  local function failed(report)
    call.report = report
    wake()
  end
  state.calls[failed] = true
  local called = tasks.new(state, number, {
    host = true,
    start = function() return arguments end,
    resolve = function(_, returned, value)
      call.returned, call.value = returned, value
      state.calls[failed] = nil
      wake()
    end,
  })
  called.left = function()
    if call.over then pools.leave(stay) end
    call.left = true
  end
  local why
  jobs.run_here(state, {
    callee = 0,
    prepare = function()
      tasks.start(called, true)
      return false
    end,
  })
  if not call.done then why = await(call, target, limit) end
  state.calls[failed] = nil
  if call.report then
    pools.leave(stay)
    return nil, lost(target, call.report)
  end
  if not call.done then
    give_up(state, called, target)
    pools.leave(stay)
    if why == LATE then return nil, stopped(why, target) end
    error(why, 0)
  end
  -- What the task does after it has returned keeps its place in the instance, and none in the pool.
  pools.leave(stay)
  if not call.returned then
    return nil, failure(CANCELED, ('%s: the guest has canceled the call'):format(target.sig.name), { entry = target.id })
  end
  return given(target, call.value)
end

--- Gives the function that calls an export.
---@param target Target
---@param pair boolean a result type is given as value, err
---@param concurrency integer how many calls an instance may serve at once
---@return function
function M.bind(target, pair, concurrency)
  local number = target.lift.task
  local lifted = target.plan.tasks.lifted[number + 1]
  target.sig, target.pair, target.concurrency = target.sig, pair, concurrency
  local params
  local count = #target.sig.params
  local probe = { host = true, state = { foreign = target.plan.tasks.by_number }, instance = nil }
  return function(...)
    params = params or values.params(lifted.signature, 16)
    if stack.on then stack.leave() end
    if handles.pending() then handles.drain() end
    local n = select('#', ...)
    while n > count and select(n, ...) == nil do
      n = n - 1
    end
    probe.instance = target.plan.resources[1] and target.plan.serving and target.plan.serving[1] or nil
    if n > count or not params.fits(probe, ...) then
      handles.begin(target)
      return nil, failure(errors.kinds.INVALID, explain.sentence(target.sig, n, ...), { entry = target.id })
    end
    return perform(target, number, count, ...)
  end
end

M.unpack = unpack

return M
