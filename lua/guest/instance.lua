-- Instances: run a plan (lua/guest/plan.lua) on Wasmtime's core API, each in a store of its own.

local ffi = require 'ffi'
local build = require 'lua.guest.build'
local epochs = require 'lua.wasmtime.epochs'
local fibers = require 'lua.guest.fibers'
local printing = require 'lua.guest.printing'
local running = require 'lua.guest.running'
local wasmtime = require 'lua.wasmtime.api'

local new = ffi.new

local M = {}

-- What an export is found in: one at a time.
local found = new 'mw_extern[1]'

--- Every live instance of the lane, so that closing it can free them.
---@type table<Instance, Instance>
M.all = {}

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

--- A guest in its own store, the same for all entries whose calls go to it. Fields that only some guests need are nil in others.
---@class Instance
---@field plan Plan
---@field store ffi.cdata*? wasmtime_store_t*; nil when the instance has ended
---@field ctx ffi.cdata*? wasmtime_context_t* of the store
---@field core ffi.cdata* mw_instance[]: the core instances
---@field limits border.Limits those of the entry that it was made for
---@field bindings table<string, Binding> by name of the export
---@field memory ffi.cdata*? mw_memory: the one that functions of the host use
---@field memories ffi.cdata*[] all that they may use, as plan.memories has them
---@field asynchronous boolean? the store takes only calls on a fiber (lua/guest/fibers.lua)
--- While it is built (lua/guest/build.lua):
---@field done integer how many steps of the plan have been made
---@field has_resource table<integer, true>? the resources whose built-ins are there
---@field groups table<integer, table<integer, true>>? the groups that are there, each with the reallocs that it has or waits for
---@field wanted table[]? what has still to be put into tables of our modules: {at =, late =, func = Item}
--- Handles (lua/guest/handles.lua):
---@field live integer how many handles of its resources scripts hold
---@field of_tables table<string, ffi.cdata*> mw_func: functions of tables of handles, when they were needed
--- Calls that may wait (lua/guest/fibers.lua):
---@field busy boolean? a call is in it
---@field task Task? that the call belongs to; nil outside of tasks
---@field limit number? until when the call may last (monotonic nanoseconds)
---@field queue Gate? who waits to enter, in order
---@field future ffi.cdata*? wasmtime_call_future_t*, while a call is on a fiber
---@field alone boolean? what is called may not wait
---@field computed integer? how often the call was left because it computed
---@field out boolean? the call is long, and counted in plan.out (lua/calls/turns.lua)
---@field away table? the call is on another thread, which the store belongs to meanwhile (lua/calls/elsewhere.lua)
--- Functions of the host (lua/guest/protocol.lua, lua/guest/memory.lua, lua/guest/objects.lua):
---@field pending table? what the guest waits for (lua/wasi/p2/poll.lua)
---@field after function? goes on with what was asked for: after(instance, io, address)
---@field errno integer? what a function of WASI 0.1 gives (lua/wasi/p1/results.lua)
---@field asked table? memory that was asked for
---@field held table? the host's objects, by the handles that the guest has of them
---@field world table? {args =, env =, cwd =} as the guest sees them
---@field seen string? that world as text, for comparing (lua/calls)
---@field written table<string, table>? what it has written to 'stdout' and 'stderr' (lua/guest/printing.lua)
---@field said string[]? the end of what it has written to 'stderr' in the call that runs, its size in `size`
---@field files table? the mounts and what is open (lua/wasi/files/open.lua)
---@field descriptors table? those of WASI 0.1 by number (lua/wasi/p1/descriptors.lua)
---@field exchanges table? requests that it has sent, with `count` (lua/wasi/exchange.lua)
---@field unsent table[]? those that are not begun yet
---@field open table<table, function>? what is closed with it, and how (lua/wasi/sockets/held.lua)
---@field looked_up table<string, table<string, number>>? IP addresses, and until when each stands for which names
---@field looked_up_count integer? how many those are (lua/wasi/sockets/permissions.lua)
---@field look_ups integer? how many look-ups of names it waits for (lua/wasi/sockets/names.lua)
--- Imports that are answered from the registry (lua/imports):
--- Tasks of WASI 0.3 (lua/tasks/state.lua):
---@field tasks table?
---@field seen_by (fun(target: Target): boolean)? tells whether calls of a target may join it
---@field transfers integer? how many streams pass between it and the host (lua/wasi/p3/transfers.lua)
---@field seed table? what it has got as its insecure seed
--- What an import has raised:
---@field raised any? the error that what answered an import ended the guest with
---@field exited integer? the status that it ended itself with
--- Pools (lua/calls):
---@field fresh boolean? it was made for a single call, and ends with it or with its last handle
---@field homes table<Home, true> where it may rest
---@field stay table? the place in a pool that its call has
---@field maker string? id of the entry that it was made for
---@field counts ffi.cdata*? mw_counts in which it is counted

-- All that an instance has, or will have.
---@param plan Plan
---@param limits border.Limits
---@param world table?
---@return Instance
local function blank(plan, limits, world)
  local store = wasmtime.C.wasmtime_store_new(plan.engine, nil, nil)
  local hosted = plan.linker or plan.groups[1] or plan.waits
  return {
    plan = plan,
    store = store,
    ctx = wasmtime.C.wasmtime_store_context(store),
    core = plan.core(),
    limits = limits,
    bindings = {},
    memory = nil,
    memories = {},
    asynchronous = nil,
    done = 0,
    has_resource = plan.resources[1] and {},
    groups = hosted and {} or nil,
    wanted = nil,
    live = 0,
    of_tables = {},
    busy = nil,
    task = nil,
    limit = nil,
    queue = nil,
    future = nil,
    computed = nil,
    out = nil,
    away = nil,
    alone = nil,
    pending = nil,
    after = nil,
    errno = nil,
    asked = nil,
    held = hosted and { next = 1 } or nil,
    world = hosted and (world or M.NO_WORLD) or nil,
    seen = nil,
    written = nil,
    said = nil,
    files = nil,
    descriptors = nil,
    exchanges = nil,
    unsent = nil,
    open = nil,
    looked_up = nil,
    looked_up_count = nil,
    look_ups = nil,
    raised = nil,
    exited = nil,
    tasks = nil,
    seen_by = nil,
    transfers = nil,
    seed = nil,
    fresh = nil,
    homes = {},
    stay = nil,
    maker = nil,
    counts = nil,
  }
end

--- Makes an instance.
---@param plan Plan
---@param limits border.Limits
---@param world table? {args =, env =, cwd =} that the guest sees while it starts
---@param files border.Folders? the mounts of its entry, which it owns (lua/wasi/files/open.lua)
---@param owner string? id of the entry, whose files are counted
---@return Instance?
---@return Report? when a module's start function traps, or nothing fits
function M.new(plan, limits, world, files, owner)
  local C = wasmtime.C
  local instance = blank(plan, limits, world)
  C.wasmtime_context_set_epoch_deadline(instance.ctx, limits.limit_ticks or STARTING_TICKS)
  if limits.limit_elements then C.wasmtime_store_limiter(instance.store, limits.limit_bytes or -1, limits.limit_elements, -1, -1, -1) end
  if files then running.files.enter(instance, files, owner) end
  local ok, report = pcall(build.run, instance)
  if ok then
    M.all[instance] = instance
    if not limits.limit_ticks and not instance.asynchronous then C.wasmtime_context_set_epoch_deadline(instance.ctx, NO_LIMIT) end
    -- Those that wait have been told to give way at each epoch.
    if not instance.asynchronous then epochs.watch(instance) end
    return instance
  end
  M.delete(instance)
  if type(report) ~= 'table' then error(report, 0) end
  report.raised, report.exited, report.said = instance.raised, instance.exited, printing.said(instance)
  if report.reason == 'interrupt' and not limits.limit_ticks then report.reason = STARTS_LONG end
  return nil, report
end

--- Frees a store, and the call that is suspended in it, if there is one.
---@param store ffi.cdata*
---@param future ffi.cdata*?
function M.free(store, future)
  if future then fibers.delete(future) end
  wasmtime.C.wasmtime_store_delete(store)
end

local ended = function(_) end

--- Has `f(instance)` called when an instance is about to end.
---@param f fun(instance: Instance)
function M.on_ended(f) ended = f end

--- Frees an instance. Its handles and bindings stop working.
---@param instance Instance
function M.delete(instance)
  if instance.store == nil then return end
  ended(instance)
  local store, future, bindings = instance.store, instance.future, instance.bindings
  instance.future = nil
  fibers.abandon(instance)
  M.all[instance] = nil
  if instance.exchanges then running.exchanges.leave(instance) end
  if instance.files then running.files.leave(instance) end
  if instance.open then running.sockets.leave(instance) end
  if instance.plan.drops and next(instance.plan.drops) then running.provided.leave(instance) end
  if instance.out then
    instance.out, instance.plan.out = nil, instance.plan.out - 1
  end
  instance.store, instance.ctx, instance.bindings = nil, nil, {}
  -- While another thread runs it nobody else may touch the store.
  if instance.away then return instance.away.give_up(store, future, bindings) end
  M.free(store, future)
end

--- How large the memory is that the instance exports as "memory", as all toolchains call it.
---@param instance Instance
---@return integer? bytes
function M.memory_bytes(instance)
  for at = 0, #instance.plan.steps - 1 do
    if
      wasmtime.C.wasmtime_instance_export_get(instance.ctx, instance.core + at, 'memory', 6, found) and found[0].kind == wasmtime.MEMORY
    then
      return tonumber(wasmtime.C.wasmtime_memory_data_size(instance.ctx, found[0].of.memory))
    end
  end
end

--- Finds a function of a table of handles.
---@param instance Instance
---@param at integer? the step that the table is, where component instances have tables of their own
---@param name string
---@return ffi.cdata* mw_func
function M.handle_function(instance, at, name)
  local key = at and at .. name or name
  local func = instance.of_tables[key]
  if not func then
    build.export(instance, at or instance.plan.handles_at, name, found)
    func = new('mw_func', found[0].of.func)
    instance.of_tables[key] = func
  end
  return func
end

--- Calls a function of the instance other than an export; gives what Wasmtime reports, the trap in `out`.
---@param instance Instance
---@param func ffi.cdata* mw_func
---@param io ffi.cdata* mw_raw[]: the arguments, then the result
---@param params string a letter for each core type
---@param results string
---@param out ffi.cdata* void *[1]
---@return ffi.cdata*? failure wasmtime_error_t*
function M.call(instance, func, io, params, results, out)
  if instance.asynchronous then return fibers.alone(instance, func, io, params, results, out) end
  return build.call(instance, func, io, math.max(#params, #results), out)
end

--- The destructor of resource number `index`.
---@param instance Instance
---@param index integer
---@return ffi.cdata*? mw_func
function M.dtor(instance, index) return build.take_func(instance, instance.plan.resources[index].dtor) end

return M
