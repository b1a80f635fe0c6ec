-- Instances: runs a plan (host/wasm/plan/plan.py) on Wasmtime's core API, in a store of its own.
--
-- A plan arrives as plain tables, addresses as numbers:
--   engine, modules {address}, steps {{module = index, arguments = {item}}}, unlinked = address or nil,
--   handles = address or nil, resources {{module = address, dtor = item or nil, late = true where it is made later}}, initialize = item or nil,
--   gated = true when group 1 has a gate (host/wasm/plan/gate.py),
-- where an item is {step = index, name =}, {stub = index}, {resource = index, operation =} or
-- {group = index, name =, late = index or 0}; indices from 1. Functions of the host (lua/guest/hosting.lua): hosted {{name =, params =,
-- results =}}, groups {{module = address, gated = true, memory = item or nil, functions = {name}, reallocs = {item}, serves = true}}, memory = item
-- or nil, granted = {interface = true}, waits = true when a call may wait, files = true when Wasmtime's WASI is used,
-- small = true for small instances (host/engine/engine.py).

local ffi = require 'ffi'
local entrances = require 'lua.guest.entrances'
local epochs = require 'lua.guest.epochs'
local fibers = require 'lua.guest.fibers'
local hosting = require 'lua.guest.hosting'
local trap = require 'lua.guest.trap'
local wasmtime = require 'lua.guest.wasmtime'

local cast, new = ffi.cast, ffi.new
local func_type, memory_type, slots = ffi.typeof 'mw_func', ffi.typeof 'mw_memory', ffi.typeof 'mw_raw[17]'

local M = {}

-- One instance runs at a time while it is being made, so one set of out-slots serves all.
local trap_slot = new 'void *[1]'
local found = new 'mw_extern[1]'
local no_values = new 'mw_raw[1]'

-- Every live instance of the lane, so that closing it can free them.
M.all = {}

-- Prepares a plan for this lane: pointers for numbers, buffers for arguments.
function M.prepare(plan)
  local P = {
    engine = cast('void *', plan.engine),
    modules = {},
    steps = plan.steps,
    resources = plan.resources or {},
    initialize = plan.initialize,
    key = plan.key,
    groups = plan.groups or {},
    memory = plan.memory,
    granted = plan.granted or {},
    waits = plan.waits,
    small = plan.small,
    files = plan.files,
    gated = plan.gated,
  }
  for i, address in ipairs(plan.modules) do
    P.modules[i] = cast('const void *', address)
  end
  P.unlinked = plan.unlinked and cast('const void *', plan.unlinked)
  P.handles = plan.handles and cast('const void *', plan.handles)
  for i, step in ipairs(plan.steps) do
    step.externs = new('mw_extern[?]', math.max(#step.arguments, 1))
  end
  for _, resource in ipairs(P.resources) do
    resource.pointer = cast('const void *', resource.module)
    resource.externs = new('mw_extern[?]', 5)
  end
  P.linker = plan.hosted and hosting.prepare(P.engine, plan.hosted)
  P.repeatable = hosting.is_repeatable(plan.hosted)
  for _, group in ipairs(P.groups) do
    group.pointer = cast('const void *', group.module)
    group.externs = new('mw_extern[?]', #group.functions + 2)
    group.prepared = not group.memory and P.linker and hosting.prepare_group(P.linker, group.pointer, group.functions)
  end
  -- Where each core instance stands: the plan's own, then what Moonwit adds.
  P.unlinked_at = #plan.steps
  P.handles_at = #plan.steps + 1
  P.resources_at = #plan.steps + 2
  -- A type of fixed size: LuaJIT compiles its allocation, but not that of a variable one.
  P.groups_at = P.resources_at + #P.resources
  P.core = ffi.typeof('mw_instance[$]', P.groups_at + #P.groups)
  return P
end

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
local function instantiate(I, at, module, externs, count)
  local failure = (I.P.linker and entrances.make or make)(I.ctx, module, externs, count, I.core + at, trap_slot)
  check(failure)
end

local function export(I, at, name, into)
  if not wasmtime.C.wasmtime_instance_export_get(I.ctx, I.core + at, name, #name, into) then
    error({ reason = ('the core instance %d has no export "%s"'):format(at, name), frames = {} }, 0)
  end
end

local resolve

-- The gate of an instance, which group 1 has.
local GATE = { group = 1, name = 'gate', late = 0 }

local function make_group(I, group, at)
  if group.prepared then
    check(wasmtime.C.wasmtime_instance_pre_instantiate(group.prepared, I.ctx, I.core + at, trap_slot))
    return
  end
  local externs, count = group.externs, 0
  if group.gated then
    resolve(I, GATE, externs)
    count = 1
  end
  if group.memory then
    resolve(I, group.memory, externs + count)
    count = count + 1
  end
  for i = 1, #group.functions do
    hosting.link(I, group.functions[i], externs + (count + i - 1))
  end
  instantiate(I, at, group.pointer, externs, count + #group.functions)
end

-- The instance of a group of functions between guest and host is made when the first of them is needed: the memory that null functions
-- use is there then. A realloc may come later than the first function that needs it.
local function resolve_group(I, item, into)
  local P = I.P
  local at, group = P.groups_at + item.group - 1, P.groups[item.group]
  local filled = I.groups[item.group]
  if not filled then
    filled = {}
    I.groups[item.group] = filled
    make_group(I, group, at)
  end
  local late = item.late
  if late > 0 and not filled[late] then
    filled[late] = true
    I.wanted = I.wanted or {}
    table.insert(I.wanted, { at = at, late = late, func = group.reallocs[late] })
  end
  export(I, at, item.name, into)
end

-- Puts the functions that are there now into the tables of our modules that wait for them; `done` is how many steps have been made.
local function fill_late(I, done)
  local wanted = I.wanted
  for i = #wanted, 1, -1 do
    local each = wanted[i]
    if not each.func.step or each.func.step <= done then
      table.remove(wanted, i)
      resolve(I, each.func, found)
      local func = func_type(found[0].of.func)
      export(I, each.at, 'late', found)
      hosting.fill(I, found[0].of.table, each.late, func)
    end
  end
end

function resolve(I, item, into)
  local P = I.P
  if item.step then
    -- Wasmtime ends the process for an instance that is not made yet; plans name none.
    if item.step > I.done then error({ reason = ('the core instance %d is used before it is made'):format(item.step), frames = {} }, 0) end
    export(I, item.step - 1, item.name, into)
  elseif item.group then
    resolve_group(I, item, into)
  elseif item.stub then
    export(I, P.unlinked_at, tostring(item.stub - 1), into)
  else
    local at, resource = P.resources_at + item.resource - 1, P.resources[item.resource]
    if not I.has_resource[item.resource] then
      I.has_resource[item.resource] = true
      for i, name in ipairs { 'insert', 'rep', 'remove' } do
        export(I, P.handles_at, name, resource.externs + (i - 1))
      end
      local count = 3
      if resource.dtor and not resource.late then
        resolve(I, resource.dtor, resource.externs + count)
        count = count + 1
      end
      if P.gated then
        resolve(I, GATE, resource.externs + count)
        count = count + 1
      end
      instantiate(I, at, resource.pointer, resource.externs, count)
      if resource.late then
        -- A core module gets the built-ins of a resource whose destructor it has.
        I.wanted = I.wanted or {}
        table.insert(I.wanted, { at = at, late = 0, func = resource.dtor })
      end
    end
    export(I, at, item.operation, into)
  end
end

local function not_a(item, what) error({ reason = ('the export "%s" is not a %s'):format(item.name or '?', what), frames = {} }, 0) end

-- The core function `item` as a struct of its own, or nil for no item.
local function take_func(I, item)
  if not item then return nil end
  resolve(I, item, found)
  if found[0].kind ~= wasmtime.FUNC then not_a(item, 'function') end
  return func_type(found[0].of.func)
end

-- As `take_func`, for one that is called while the gate is shut: the function that sees to it, for the core types `letters`, and the number
-- by which that knows the one it calls, its last argument.
local function take_shut(I, item, letters)
  local func = take_func(I, item)
  if not func or not I.P.gated then return func end
  resolve(I, { group = 1, name = 'late', late = 0 }, found)
  local number = hosting.add(I, found[0].of.table, func)
  return take_func(I, { group = 1, name = letters, late = 0 }), number
end

-- The memory `item` as a struct of its own, or nil for no item.
local function take_memory(I, item)
  if not item then return nil end
  resolve(I, item, found)
  if found[0].kind ~= wasmtime.MEMORY then not_a(item, 'memory') end
  return memory_type(found[0].of.memory)
end

-- Calls a function of a store that takes synchronous calls.
local function call_plain(ctx, func, io, count) return wasmtime.C.wasmtime_func_call_unchecked(ctx, func, io, count, trap_slot) end

local function call(I, func, io, count)
  if not I.P.linker then return call_plain(I.ctx, func, io, count) end
  hosting.running = I
  return entrances.call(I.ctx, func, io, count, trap_slot)
end

-- From here on the guest may wait.
local function open_waits(I)
  if I.groups[1] and I.P.groups[1].serves then
    export(I, I.P.groups_at, 'late', found)
    hosting.fill_wait(I, found[0].of.table)
  end
  fibers.open(I)
end

local function build(I)
  local P = I.P
  if P.unlinked then instantiate(I, P.unlinked_at, P.unlinked, nil, 0) end
  if P.handles then instantiate(I, P.handles_at, P.handles, nil, 0) end
  hosting.running = I
  for at, step in ipairs(P.steps) do
    for i, item in ipairs(step.arguments) do
      resolve(I, item, step.externs + (i - 1))
    end
    if I.wanted then fill_late(I, at - 1) end
    -- What a start function hands the host lies in the memory that its module defines, or that is there already.
    instantiate(I, at - 1, P.modules[step.module], step.externs, #step.arguments)
    I.done = at
    if P.memory and not I.memory and P.memory.step == at then I.memory = take_memory(I, P.memory) end
    if I.wanted then fill_late(I, at) end
  end
  if P.initialize then
    local func = take_func(I, P.initialize)
    local failure = call(I, func, no_values, 1)
    check(failure)
  end
  if P.waits then open_waits(I) end
end

-- How many epochs away the deadline of a call is that has no limit.
local NO_LIMIT = 0x4000000000000000ULL
M.NO_LIMIT = NO_LIMIT

-- How long a guest may compute while it is made, in seconds and in epochs, where its entry has no limit: it can't give way there.
local MOST_STARTING = 10
local STARTING_TICKS = 200 * MOST_STARTING

local STARTS_LONG = (
  'it computes for more than %d s while it is made (in its start function, `_initialize` or the like), where it holds up all others: '
  .. 'do this in a function that is called, or give it the time that it needs as limits.max_execution_ms'
):format(MOST_STARTING)

-- What a guest sees of the world that is granted nothing of it, or that is not called yet.
M.NO_WORLD = { args = {}, env = {} }

-- Makes an instance; gives nil and a report {reason =, frames =} when a module's start function traps or nothing fits. `limits` may
-- have limit_ticks, for the start function, and limit_elements, for tables, with limit_bytes, for the memory; `world` is what the guest
-- sees of arguments and environment while it starts, or nil; `files` the address of a wasi_config_t, which is taken, or nil.
function M.new(P, limits, world, files)
  local C = wasmtime.C
  local store = C.wasmtime_store_new(P.engine, nil, nil)
  local I = {
    P = P,
    store = store,
    ctx = C.wasmtime_store_context(store),
    core = P.core(),
    done = 0,
    has_resource = P.resources[1] and {},
    live = 0,
    bindings = {},
    homes = {},
    limits = limits,
  }
  if P.linker or P.groups[1] or P.waits then
    I.groups, I.held, I.world = {}, { next = 1 }, world or M.NO_WORLD
  end
  C.wasmtime_context_set_epoch_deadline(I.ctx, limits.limit_ticks or STARTING_TICKS)
  if limits.limit_elements then C.wasmtime_store_limiter(store, limits.limit_bytes or -1, limits.limit_elements, -1, -1, -1) end
  local ok, report = true, files and C.wasmtime_context_set_wasi(I.ctx, cast('void *', files))
  if report ~= nil then
    ok, report = false, trap.take(report, nil)
  else
    ok, report = pcall(build, I)
  end
  if ok then
    M.all[I] = I
    if not limits.limit_ticks and not I.asynchronous then C.wasmtime_context_set_epoch_deadline(I.ctx, NO_LIMIT) end
    -- Those that wait have been told to give way at each epoch.
    if not I.asynchronous then epochs.watch(I) end
    return I
  end
  M.delete(I)
  if type(report) ~= 'table' then error(report, 0) end
  if report.reason == 'interrupt' and not limits.limit_ticks then report.reason = STARTS_LONG end
  return nil, report
end

--- Frees a store, and the call that is suspended in it, if there is one.
function M.free(store, future)
  if future then fibers.delete(future) end
  wasmtime.C.wasmtime_store_delete(store)
end

-- Frees an instance. Its handles and bindings stop working.
function M.delete(I)
  if I.store == nil then return end
  local store, future, bindings = I.store, I.future, I.bindings
  I.future = nil
  fibers.abandon(I)
  M.all[I] = nil
  if I.exchanges then hosting.exchanges.leave(I) end
  if I.out then
    I.out, I.P.out = nil, I.P.out - 1
  end
  I.store, I.ctx, I.bindings = nil, nil, {}
  -- While another thread runs it nobody else may touch the store.
  if I.away then return I.away.give_up(store, future, bindings) end
  M.free(store, future)
end

local shared

local function binding(I, lift)
  -- Calls that wait have their arguments elsewhere meanwhile.
  local io = I.asynchronous and shared or slots()
  shared = shared or I.asynchronous and io
  local B = {
    I = I,
    ctx = I.ctx,
    io = io,
    next = nil,
    func = take_func(I, lift.core),
    memory = take_memory(I, lift.memory),
    params = lift.params,
    results_of = lift.results,
  }
  B.realloc, B.realloc_number = take_shut(I, lift.realloc, 'iiii>i')
  B.post, B.post_number = take_shut(I, lift.post, lift.results .. '>')
  if I.asynchronous then fibers.equip(B, lift.params, lift.results) end
  return B
end

-- What a generated function needs to call one export of an instance; made once for each.
-- `lift` is {path =, core = item, memory = item or nil, realloc =, post =}.
function M.bind(I, lift)
  local B = I.bindings[lift.path]
  if B then return B end
  local ok, report = pcall(binding, I, lift)
  if not ok then
    if type(report) ~= 'table' then error(report, 0) end
    return nil, report
  end
  I.bindings[lift.path] = report
  return report
end

-- How large the memory is that the instance exports as "memory" (as all toolchains call it), in bytes, or nil.
function M.memory_bytes(I)
  for at = 0, #I.P.steps - 1 do
    if wasmtime.C.wasmtime_instance_export_get(I.ctx, I.core + at, 'memory', 6, found) and found[0].kind == wasmtime.MEMORY then
      return tonumber(wasmtime.C.wasmtime_memory_data_size(I.ctx, found[0].of.memory))
    end
  end
end

-- The functions of the handle table, for lua/guest/handles.lua.
function M.handle_functions(I)
  if not I.insert then
    for _, name in ipairs { 'insert', 'rep', 'remove' } do
      export(I, I.P.handles_at, name, found)
      I[name] = new('mw_func', found[0].of.func)
    end
  end
  return I
end

-- Calls a function of the instance other than an export: gives what Wasmtime reports, the trap in `out`. The core types are letters.
function M.call(I, func, io, params, results, out)
  if I.asynchronous then return fibers.alone(I, func, io, params, results, out) end
  local failure = call(I, func, io, math.max(#params, #results))
  out[0], trap_slot[0] = trap_slot[0], nil
  return failure
end

-- The destructor of resource number `index` (from 1), or nil.
function M.dtor(I, index) return take_func(I, I.P.resources[index].dtor) end

return M
