-- Builds an instance: makes the core instances that its plan names (lua/guest/plan.lua), in a store that is there, and finds what they
-- export.

local ffi = require 'ffi'
local entrances = require 'lua.wasmtime.entrances'
local fibers = require 'lua.guest.fibers'
local linking = require 'lua.guest.linking'
local running = require 'lua.guest.running'
local trap = require 'lua.wasmtime.trap'
local wasmtime = require 'lua.wasmtime.api'

local new = ffi.new
local func_type, memory_type = ffi.typeof 'mw_func', ffi.typeof 'mw_memory'

local M = {}

-- One instance runs at a time while it is being made, so one set of out-slots serves all.
local trap_slot = new 'void *[1]'
local found = new 'mw_extern[1]'
local no_values = new 'mw_raw[1]'

-- Raises the report of what a call has left in `failure` and in the trap's slot.
local function check(failure)
  if failure == nil and trap_slot[0] == nil then return end
  local report = trap.take(failure, trap_slot[0])
  trap_slot[0] = nil
  error(report, 0)
end

local function make(ctx, module, externs, count, into, slot)
  return wasmtime.C.wasmtime_instance_new(ctx, module, externs, count, into, slot)
end

-- The start function of a guest's module may call the host.
local function instantiate(instance, at, module, externs, count)
  local failure = (instance.plan.linker and entrances.make or make)(instance.ctx, module, externs, count, instance.core + at, trap_slot)
  check(failure)
end

--- Finds an export of the core instance number `at`, from 0.
---@param instance Instance
---@param at integer
---@param name string
---@param into ffi.cdata* mw_extern[1]
function M.export(instance, at, name, into)
  if not wasmtime.C.wasmtime_instance_export_get(instance.ctx, instance.core + at, name, #name, into) then
    error({ reason = ('the core instance %d has no export "%s"'):format(at, name), frames = {} }, 0)
  end
end

local resolve

-- The gate of an instance, which group 1 has.
local GATE = { group = 1, name = 'gate', late = 0 }
-- What runs the tasks of a component of WASI 0.3 (host/wasi/natives.py).
local DRIVE = { group = 1, name = 'drive', late = 0 }

local function make_group(instance, group, at)
  if group.prepared then
    check(wasmtime.C.wasmtime_instance_pre_instantiate(group.prepared, instance.ctx, instance.core + at, trap_slot))
    return
  end
  local externs, count = group.externs, 0
  if group.gate then
    resolve(instance, group.gate, externs)
    count = 1
  end
  if group.memory then
    resolve(instance, group.memory, externs + count)
    count = count + 1
  end
  for i = 1, #group.functions do
    linking.link(instance, group.functions[i], externs + (count + i - 1))
  end
  instantiate(instance, at, group.pointer, externs, count + #group.functions)
end

-- The instance of a group of functions between guest and host is made when the first of them is needed: the memory that null functions
-- use is there then. A realloc may come later than the first function that needs it.
local function resolve_group(instance, item, into)
  local plan = instance.plan
  local at, group = plan.groups_at + item.group - 1, plan.groups[item.group]
  local filled = instance.groups[item.group]
  if not filled then
    filled = {}
    instance.groups[item.group] = filled
    make_group(instance, group, at)
  end
  local late = item.late
  if late > 0 and not filled[late] then
    filled[late] = true
    instance.wanted = instance.wanted or {}
    table.insert(instance.wanted, { at = at, late = late, func = group.reallocs[late] })
  end
  M.export(instance, at, item.name, into)
end

-- Puts the functions that are there now into the tables of our modules that wait for them; `done` is how many steps have been made.
local function fill_late(instance, done)
  local wanted = instance.wanted
  for i = #wanted, 1, -1 do
    local each = wanted[i]
    if not each.func.step or each.func.step <= done then
      table.remove(wanted, i)
      resolve(instance, each.func, found)
      local func = func_type(found[0].of.func)
      M.export(instance, each.at, 'late', found)
      linking.fill(instance, found[0].of.table, each.late, func)
    end
  end
end

function resolve(instance, item, into)
  local plan = instance.plan
  if item.step then
    -- Wasmtime ends the process for an instance that is not made yet; plans name none.
    if item.step > instance.done then
      error({ reason = ('the core instance %d is used before it is made'):format(item.step), frames = {} }, 0)
    end
    M.export(instance, item.step - 1, item.name, into)
  elseif item.group then
    resolve_group(instance, item, into)
  elseif item.stub then
    M.export(instance, plan.unlinked_at, tostring(item.stub - 1), into)
  else
    local at, resource = plan.resources_at + item.resource - 1, plan.resources[item.resource]
    if not instance.has_resource[item.resource] then
      instance.has_resource[item.resource] = true
      for i, name in ipairs { 'insert', 'rep', 'remove' } do
        M.export(instance, plan.handles_at, name, resource.externs + (i - 1))
      end
      local count = 3
      if resource.dtor and not resource.late then
        resolve(instance, resource.dtor, resource.externs + count)
        count = count + 1
      end
      if plan.gated then
        resolve(instance, GATE, resource.externs + count)
        count = count + 1
      end
      instantiate(instance, at, resource.pointer, resource.externs, count)
      if resource.late then
        -- A core module gets the built-ins of a resource whose destructor it has.
        instance.wanted = instance.wanted or {}
        table.insert(instance.wanted, { at = at, late = 0, func = resource.dtor })
      end
    end
    M.export(instance, at, item.operation, into)
  end
end

local function not_a(item, what) error({ reason = ('the export "%s" is not a %s'):format(item.name or '?', what), frames = {} }, 0) end

--- The core function `item` as a struct of its own, or nil for no item.
---@param instance Instance
---@param item Item?
---@return ffi.cdata*?
function M.take_func(instance, item)
  if not item then return nil end
  resolve(instance, item, found)
  if found[0].kind ~= wasmtime.FUNC then not_a(item, 'function') end
  return func_type(found[0].of.func)
end

--- As `take_func`, for one that is called while the gate is shut: the function that sees to it, for the core types `letters`, and the
-- number by which that knows the one it calls, its last argument.
---@param instance Instance
---@param item Item?
---@param letters string
---@return ffi.cdata*?
---@return integer?
function M.take_shut(instance, item, letters)
  local func = M.take_func(instance, item)
  if not func or not instance.plan.gated then return func end
  resolve(instance, { group = 1, name = 'late', late = 0 }, found)
  local number = linking.add(instance, found[0].of.table, func)
  return M.take_func(instance, { group = 1, name = letters, late = 0 }), number
end

--- The memory `item` as a struct of its own, or nil for no item.
---@param instance Instance
---@param item Item?
---@return ffi.cdata*?
function M.take_memory(instance, item)
  if not item then return nil end
  resolve(instance, item, found)
  if found[0].kind ~= wasmtime.MEMORY then not_a(item, 'memory') end
  return memory_type(found[0].of.memory)
end

-- Calls a function of a store that holds no function of the host.
local function call_plain(ctx, func, io, count, out) return wasmtime.C.wasmtime_func_call_unchecked(ctx, func, io, count, out) end

--- Calls a function of a store that takes synchronous calls; gives what Wasmtime reports, the trap in `out`.
---@param instance Instance
---@param func ffi.cdata* mw_func
---@param io ffi.cdata* mw_raw[]
---@param count integer
---@param out ffi.cdata* void *[1]
---@return ffi.cdata*? wasmtime_error_t*
function M.call(instance, func, io, count, out)
  if not instance.plan.linker then return call_plain(instance.ctx, func, io, count, out) end
  running.enter(instance)
  return entrances.call(instance.ctx, func, io, count, out)
end

-- From here on the guest may wait.
local function open_waits(instance)
  if instance.groups[1] and instance.plan.groups[1].serves then
    M.export(instance, instance.plan.groups_at, 'late', found)
    linking.fill_wait(instance, found[0].of.table)
  end
  fibers.open(instance)
end

-- Takes the memories of a step that functions of the host use; the first of all is the one that they use until another is named.
local function take_memories(instance, step)
  for i, memory in ipairs(instance.plan.memories) do
    if memory.step == step then
      instance.memories[i] = M.take_memory(instance, memory)
      instance.memory = instance.memory or instance.memories[i]
    end
  end
end

--- Runs the plan of an instance: makes its core instances, in order; raises the report {reason =, frames =} of a trap.
---@param instance Instance
function M.run(instance)
  local plan = instance.plan
  if plan.unlinked then instantiate(instance, plan.unlinked_at, plan.unlinked, nil, 0) end
  if plan.handles then instantiate(instance, plan.handles_at, plan.handles, nil, 0) end
  running.enter(instance)
  for at, step in ipairs(plan.steps) do
    for i, item in ipairs(step.arguments) do
      resolve(instance, item, step.externs + (i - 1))
    end
    if instance.wanted then fill_late(instance, at - 1) end
    -- What a start function hands the host lies in the memory that its module defines, or that is there already.
    instantiate(instance, at - 1, plan.modules[step.module], step.externs, #step.arguments)
    instance.done = at
    if plan.memories[1] then take_memories(instance, at) end
    if instance.wanted then fill_late(instance, at) end
  end
  if plan.initialize then
    local func = M.take_func(instance, plan.initialize)
    local failure = M.call(instance, func, no_values, 1, trap_slot)
    check(failure)
  end
  -- What drives tasks is there though no module imports anything of the lane.
  if plan.tasks then M.take_func(instance, DRIVE) end
  if plan.waits then open_waits(instance) end
end

return M
