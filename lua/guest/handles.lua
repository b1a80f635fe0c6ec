-- Resource handles: what a script holds of a guest's resource, and how it crosses the border.
-- Source: CanonicalABI.md, "Table State", "lift_own", "lower_own", "lower_borrow".
--
-- A handle is a cdata of a type that scripts can't make, so it can't be forged; what it stands for is kept here. The names of its
-- methods are the guest's: its own field has a name that none of them can have, and its own `drop` gives way to a method `drop`.

local ffi = require 'ffi'
local bindings = require 'lua.guest.binding'
local clock = require 'lua.dispatcher.clock'
local epochs = require 'lua.wasmtime.epochs'
local instances = require 'lua.guest.instance'
local intermediate = require 'lua.values.intermediate'
local trap = require 'lua.wasmtime.trap'

ffi.cdef 'typedef struct { const double _number; } mw_handle;'

local M = {}

local handle_type

--- What a handle stands for.
---@class HandleState
---@field instance Instance? that its resource belongs to
---@field rep integer? the resource in its guest
---@field resource any index of the resource in the plan
---@field number integer? the handle's own
---@field used integer? the last check (CheckedCall.stamp) that it was in
---@field moved integer? the last check that it was moved in

---@type table<integer, HandleState>
local states = {} -- by number
local last = 0
local differ -- asks the host why a handle of one entry is none for another
local discard -- ends an instance that has failed, wherever it is kept
local garbage = {} -- states of collected handles, dropped before the next call: a finalizer must not enter a guest
local io, trap_slot = ffi.new 'mw_raw[4]', ffi.new 'void *[1]'

--- The call that is being checked: whose instance its handles belong to. Arguments are checked one call at a time.
---@class CheckedCall
---@field target Target|table|nil
---@field plan Plan?
---@field instance Instance? known with the first handle
---@field stamp integer one more for each check

---@type CheckedCall
local call = { target = nil, plan = nil, instance = nil, stamp = 0 }

local function state_of(handle) return type(handle) == 'cdata' and ffi.istype(handle_type, handle) and states[handle._number] or nil end
M.state_of = state_of

---@param value any
---@return boolean
function M.is_handle(value) return handle_type ~= nil and type(value) == 'cdata' and ffi.istype(handle_type, value) end

---@param target Target
function M.begin(target)
  call.target, call.plan, call.instance, call.stamp = target, target.plan, nil, call.stamp + 1
end

--- Begins to check the same call's arguments again.
function M.again()
  call.instance, call.stamp = nil, call.stamp + 1
end

--- Tells whether `v` is a live handle of resource number `index` of the component that is called. All handles of a call
-- belong to one instance; one that is moved appears only once.
---@param v any
---@param index integer
---@param own boolean
---@return boolean
function M.holds(v, index, own)
  if type(v) ~= 'cdata' or not ffi.istype(handle_type, v) then return false end
  local state = states[v._number]
  if not state or state.resource ~= index or state.instance.plan ~= call.plan or state.instance.store == nil then return false end
  if call.instance ~= nil and call.instance ~= state.instance then return false end
  if own and (state.used == call.stamp) or state.moved == call.stamp then return false end
  call.instance, state.used = state.instance, call.stamp
  if own then state.moved = call.stamp end
  return true
end

--- Says why a handle can't be of the instances that the checked call goes to, as the end of a sentence; nil when it can.
---@param state HandleState
---@return string?
function M.misplaced(state)
  return state.instance.plan ~= call.plan and differ(state.instance.maker or state.instance.plan.entry.id, call.target.id) or nil
end

--- The binding on the instance that the checked handles belong to; nil when there was no handle among the arguments.
---@param target Target
---@return Binding?
---@return any? err
function M.owner(target)
  local instance = call.instance
  if instance == nil then return nil end
  local binding, report = bindings.bind(instance, target.lift)
  if not binding then return nil, target.failed(report) end
  return binding
end

-- Calls a function of a table of handles with a resource's number and another; gives what it gives, or nil where it traps.
local function ask(instance, at, name, resource, number)
  local func = instances.handle_function(instance, at, name)
  io[0].u32, io[1].u32 = resource, number
  local failure = instances.call(instance, func, io, 'ii', 'i', trap_slot)
  if failure ~= nil or trap_slot[0] ~= nil then
    trap.take(failure, trap_slot[0])
    trap_slot[0] = nil
    return nil
  end
  return io[0].u32
end

--- For `borrow`: the component instance that defines the resource gets the representation itself, another a handle for the call, which
-- must be gone when it ends (host/wasm/plan/composing.py sees to it). Gives nil when the guest's table is full.
---@param handle ffi.cdata* mw_handle
---@return integer?
function M.lend(handle)
  local state = states[handle._number]
  local lift = call.target.lift
  if not lift.table or state.instance.plan.resources[state.resource].instance == lift.instance then return state.rep end
  return ask(state.instance, lift.table, 'borrow', state.resource, state.rep)
end

--- For `own`: the guest gets an index of its own, and the script's handle ends. Gives nil when the guest's table is full.
---@param handle ffi.cdata* mw_handle
---@return integer?
function M.give(handle)
  local state = states[handle._number]
  states[handle._number] = nil
  local instance = state.instance
  instance.live = instance.live - 1
  return ask(instance, call.target.lift.table, 'insert', state.resource, state.rep)
end

--- Makes a handle of what a guest has given out of its table itself (lua/tasks).
---@param instance Instance
---@param resource integer
---@param rep integer
---@return ffi.cdata* mw_handle
function M.hold(instance, resource, rep)
  last = last + 1
  states[last] = { instance = instance, rep = rep, resource = resource, number = last }
  instance.live = instance.live + 1
  return handle_type(last)
end

--- Ends a handle whose resource a guest gets back.
---@param handle ffi.cdata* mw_handle
function M.release(handle)
  local state = states[handle._number]
  states[handle._number] = nil
  state.instance.live = state.instance.live - 1
end

--- Takes the resource behind the guest's `index` out of its table: a new handle, or nil when there is none.
---@param binding Binding
---@param resource integer
---@param index integer
---@return ffi.cdata*? mw_handle
function M.take(binding, resource, index)
  local instance = binding.instance
  local rep = ask(instance, binding.table, 'remove', resource, index)
  if not rep then return nil end
  return M.hold(instance, resource, rep)
end

-- Ends the resource behind a state: calls its destructor. Gives a report when that traps.
local function destroy(state)
  local instance = state.instance
  instance.live = instance.live - 1
  if instance.store == nil then return nil end
  if instance.tasks then return instance.tasks.destroy(state.resource, state.rep) end
  local report
  local dtor = instances.dtor(instance, state.resource)
  if dtor then
    io[0].u32 = state.rep
    local limit = instance.limits.limit_ms
    if not instance.asynchronous then epochs.alone(instance.ctx, limit and clock.system() + limit * 1e6) end
    local failure = instances.call(instance, dtor, io, 'i', '', trap_slot)
    if failure ~= nil or trap_slot[0] ~= nil then
      report = trap.take(failure, trap_slot[0])
      trap_slot[0] = nil
      discard(instance)
    end
  end
  if instance.fresh and instance.live == 0 then instances.delete(instance) end
  return report
end

--- Destroys what was collected since. Called when no guest is running; one that is asleep in a call can't be entered.
function M.drain()
  local later
  while #garbage > 0 do
    local state = table.remove(garbage)
    if state.instance and state.instance.future and not state.instance.tasks then
      later = later or {}
      later[#later + 1] = state
    else
      destroy(state)
    end
  end
  if later then garbage = later end
end

---@return boolean
function M.pending() return garbage[1] ~= nil end

--- `method(state, name)` gives the function that calls a method; `failed(report)` raises for a trap in a destructor; `give_up(instance)`
-- ends an instance whose destructor has trapped; `difference(id, id)` says what keeps entries from sharing handles.
---@param method fun(state: table, name: any): function?
---@param failed fun(report: Report)
---@param give_up fun(instance: Instance)
---@param difference fun(made: string, called: string): string?
function M.setup(method, failed, give_up, difference)
  discard, differ = give_up, difference
  function M.drop(handle)
    local state = state_of(handle)
    if not state then error('this resource handle was dropped or handed to a guest', 2) end
    if state.instance and state.instance.future and not state.instance.tasks then
      error("this resource handle can't be dropped while its instance is in a call: wait for the call", 2)
    end
    states[handle._number] = nil
    local report = destroy(state)
    if report then failed(report) end
  end
  handle_type = ffi.metatype('mw_handle', {
    __index = function(handle, name)
      local state = states[handle._number]
      if state then return method(state, name) or name == 'drop' and M.drop or nil end
      if name == 'drop' then return M.drop end
      error('this resource handle was dropped or handed to a guest', 2)
    end,
    __newindex = function() error("a resource handle can't be changed", 2) end,
    __tostring = function(handle)
      local state = states[handle._number]
      if not state then return 'resource handle (gone)' end
      return ('%s handle %d'):format(state.instance.plan.resources[state.resource].name, handle._number)
    end,
    __eq = function(a, b) return state_of(a) ~= nil and state_of(a) == state_of(b) end,
    __gc = function(handle)
      local state = states[handle._number]
      if state then
        states[handle._number] = nil
        garbage[#garbage + 1] = state
      end
    end,
  })
end

intermediate.know(M)

return M
