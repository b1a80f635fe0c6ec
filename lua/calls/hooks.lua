-- What generated code (lua/abi/generate.lua) asks for before, during and after a call of a guest.

local counted = require 'lua.pools.counted'
local deadline = require 'lua.pools.deadline'
local dispatcher = require 'lua.dispatcher.dispatcher'
local entrances = require 'lua.wasmtime.entrances'
local epochs = require 'lua.wasmtime.epochs'
local errors = require 'lua.values.errors'
local explain = require 'lua.abi.explain'
local fibers = require 'lua.guest.fibers'
local generate = require 'lua.abi.generate'
local handles = require 'lua.guest.handles'
local instances = require 'lua.guest.instance'
local making = require 'lua.calls.making'
local pools = require 'lua.pools.pools'
local printing = require 'lua.guest.printing'
local reports = require 'lua.guest.reports'
local running = require 'lua.guest.running'
local trap = require 'lua.wasmtime.trap'
local turns = require 'lua.calls.turns'

local support = generate.support
local failure, discard, look = reports.failure, making.discard, making.look
local LATE, CANCELED = dispatcher.LATE, errors.kinds.CANCELED

local M = {
  holds = handles.holds,
  lend = handles.lend,
  give = handles.give,
  take = handles.take,
  begin = handles.begin,
  owner = handles.owner,
  drain = making.drain,
  make = making.make,
  rebind = making.rebind,
  dispose = making.dispose,
  release = making.release,
  call_hosted = entrances.call,
  call_leaf = fibers.leaf,
}

-- Calls that can't wait -------------------------------------------------------------------------------------------------

--- Begins a call of a guest that functions of the host are granted; gives an error or nil.
---@param target Target
---@param binding Binding
function M.enter(target, binding)
  local ready, err = look(target, binding.instance)
  if not ready then return err end
  running.enter(binding.instance)
end

--- Ends what `enter` has begun.
---@param instance Instance
function M.leave(instance)
  if instance.written then printing.flush(instance, true) end
  instance.said = nil
  if instance.busy then fibers.leave(instance) end
end

-- Calls that can wait: an instance is in one call at a time --------------------------------------------------------------

local function limit_of(target) return (deadline.of(target.id, target.limits.limit_ms)) end

local function inside(target)
  return failure(
    errors.kinds.INTERNAL,
    (
      '%s: it is called from within a call of its own component, '
      .. 'whose resources all belong to one instance, which takes one call at a time'
    ):format(target.sig.name),
    { entry = target.id }
  )
end

-- The error of a call that a wait has ended before it began. What has canceled the task is raised.
local function stopped(target, problem)
  if problem == LATE then return reports.late(target) end
  if problem == fibers.INSIDE then return inside(target) end
  error(problem, 0)
end

-- Finds an instance for a call that has its place in the pool: gives its binding, nil, and whether it waited; or nil, err. Without an
-- instance the place is free again.
local function find(target, limit, stay)
  local waited = false
  while true do
    local home, err = target.home, nil
    local binding = home.idle
    if binding then
      home.idle = binding.next
      if binding.export ~= target.lift.export then
        binding, err = making.rebind(target, binding)
      end
    else
      binding, err = making.make(target)
    end
    if not binding then
      pools.leave(stay)
      return nil, err
    end
    local instance = binding.instance
    local problem, had_to = fibers.enter(instance, limit)
    if problem then
      pools.leave(stay)
      return nil, stopped(target, problem)
    end
    waited = waited or had_to
    instance.limit = limit
    -- The call before may have ended it.
    if instance.store ~= nil then
      local ready, changed = look(target, instance)
      if not ready then
        M.give_back(target, binding)
        pools.leave(stay)
        return nil, changed
      end
      -- A guest's library reads its variables once: a call that sees others gets an instance that has not, unless a handle keeps this one.
      if not changed or instance.live > 0 then return binding, nil, waited end
      fibers.leave(instance)
      discard(instance)
    end
  end
end

-- Before arguments are lowered into an instance: its realloc can't give way.
local function about_to_enter(binding, limit)
  running.enter(binding.instance)
  if not binding.instance.asynchronous then epochs.alone(binding.ctx, limit) end
end

--- Gives an instance for a call that may have to wait for it; or nil, err.
---@param target Target
---@return Binding?
---@return any err
---@return boolean? waited
function M.acquire(target)
  local limit = limit_of(target)
  local stay, problem, queued = pools.enter(target.pool, limit)
  if not stay then return nil, stopped(target, problem) end
  local binding, err, waited = find(target, limit, stay)
  if not binding then return nil, err end
  binding.instance.stay, binding.rested = stay, nil
  about_to_enter(binding, limit)
  return binding, nil, waited or queued
end

--- Enters the instance of a handle, as `acquire` does.
---@param target Target
---@param binding Binding
---@return any err
---@return boolean? waited
function M.reach(target, binding)
  local limit, instance = limit_of(target), binding.instance
  local problem, waited = fibers.enter(instance, limit)
  if problem then return stopped(target, problem) end
  if instance.store == nil then
    local message = ('%s: the instance of a resource that it was given has ended'):format(target.sig.name)
    return failure(errors.kinds.INVALID, message, { entry = target.id })
  end
  instance.limit = limit
  local ready, err = look(target, instance)
  if not ready then
    fibers.leave(instance)
    return err
  end
  about_to_enter(binding, limit)
  return nil, waited
end

--- Ends a call that can wait: the next one may have its instance, and its place in the pool.
---@param target Target
---@param binding Binding
function M.give_back(target, binding)
  local stay = binding.instance.stay
  binding.instance.stay, binding.instance.said = nil, nil
  if stay then pools.leave(stay) end
  fibers.leave(binding.instance)
  if target.fresh then
    making.dispose(binding)
  elseif target.plan.resources[1] then
    -- The one that all calls share, and that several may give back.
    target.idle, binding.next = binding, nil
  else
    local home = target.home
    binding.next = home.idle
    home.idle = binding
  end
end

--- Runs the call whose arguments are in binding.io.
---@param target Target
---@param binding Binding
---@return boolean done whether it has ended by itself
---@return any outcome whether it has failed; or the error
---@return ffi.cdata*? reported what Wasmtime reports
function M.run(target, binding)
  local instance = binding.instance
  local done, why, reported
  if instance.asynchronous then
    done, why, reported = fibers.run(binding, instance.limit, support.trap)
    if instance.computed > target.computed then target.computed = instance.computed end
  else
    done, why, reported = turns.run(binding, instance.limit, support.trap, target)
    -- What lifts the result and cleans up after it can't give way.
    if done then epochs.alone(binding.ctx, instance.limit) end
  end
  if done then return true, why, reported end
  discard(instance)
  if errors.is_error(why) and why:kind() ~= CANCELED then return false, why end
  return false, stopped(target, why)
end

---@param binding Binding
---@return any
function M.leaf_post(binding) return fibers.leaf_post(binding, support.trap) end

---@param binding Binding
---@return any
function M.run_post(binding) return fibers.alone(binding.instance, binding.post, binding.io, binding.alone, '', support.trap) end

---@param realloc ffi.cdata*
---@param io ffi.cdata*
---@param out ffi.cdata*
---@return any
function M.call_realloc(_, realloc, io, _, out) return fibers.alone(running.instance, realloc, io, 'iiiii', 'i', out) end

-- How calls fail --------------------------------------------------------------------------------------------------------

--- Ends an instance whose call has trapped; gives nil, err.
---@param target Target
---@param binding Binding
---@param reported ffi.cdata*? what Wasmtime reports
function M.fail(target, binding, reported)
  local instance = binding.instance
  counted.failing(instance)
  if instance.written then printing.flush(instance, true) end
  local trapped, bytes = support.trap[0], target.limits.limit_bytes and instances.memory_bytes(instance) or nil
  support.trap[0] = nil
  if epochs.was_interrupted() then target.interrupted = true end
  -- First of all: to read the report may end the code that runs, where a script's limit has passed.
  discard(instance)
  local report = trap.take(reported, trapped)
  report.bytes, report.raised, report.exited, report.said = bytes, instance.raised, instance.exited, printing.said(instance)
  return nil, counted.failed(target, target.failed(report))
end

--- Ends an instance whose guest has broken the canonical ABI; gives nil, err.
---@param target Target
---@param binding Binding
---@param what string
function M.broken(target, binding, what)
  counted.failing(binding.instance)
  discard(binding.instance)
  local message = ('%s: the guest broke the canonical ABI: %s'):format(target.sig.name, what)
  return nil, counted.failed(target, failure(errors.kinds.INTERNAL, message, { entry = target.id, func = target.sig.name }))
end

--- Says that arguments do not fit: trailing options were left out, or the caller learns why; gives nil, err.
---@param target Target
---@param count integer how many parameters there are
function M.refuse(target, count, ...)
  local given = select('#', ...)
  if given <= count then
    while given > 0 and (select(given, ...)) == nil do
      given = given - 1
    end
  end
  return nil, counted.failed(target, failure(errors.kinds.INVALID, explain.sentence(target.sig, given, ...), { entry = target.id }))
end

--- Gives the err side of a result as an error value.
---@param target Target
---@param payload any
function M.guest_error(target, payload)
  local message
  if type(payload) == 'string' then
    message = payload
  elseif type(payload) == 'table' then
    message = type(payload.message) == 'string' and payload.message or nil
    local case = next(payload)
    if not message and target.err_is_variant and type(case) == 'string' then message = case end
  end
  message = message or ('%s returned an error'):format(target.sig.name)
  return counted.failed(target, failure(errors.kinds.UNKNOWN, message, { details = payload, entry = target.id, func = target.sig.name }))
end

return M
