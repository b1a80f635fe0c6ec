-- Instances: run a plan (lua/guest/plan.lua) on Wasmtime's core API, each in a store of its own.

local ffi = require 'ffi'
local build = require 'lua.guest.build'
local epochs = require 'lua.wasmtime.epochs'
local fibers = require 'lua.guest.fibers'
local running = require 'lua.guest.running'
local trap = require 'lua.wasmtime.trap'
local wasmtime = require 'lua.wasmtime.api'

local cast, new = ffi.cast, ffi.new

local M = {}

-- What an export is found in: one at a time.
local found = new 'mw_extern[1]'

-- Every live instance of the lane, so that closing it can free them.
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
  local ok, report = false, files and C.wasmtime_context_set_wasi(I.ctx, cast('void *', files))
  if report ~= nil then
    report = trap.take(report, nil)
  else
    ok, report = pcall(build.run, I)
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
  if I.exchanges then running.exchanges.leave(I) end
  if I.out then
    I.out, I.P.out = nil, I.P.out - 1
  end
  I.store, I.ctx, I.bindings = nil, nil, {}
  -- While another thread runs it nobody else may touch the store.
  if I.away then return I.away.give_up(store, future, bindings) end
  M.free(store, future)
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
      build.export(I, I.P.handles_at, name, found)
      I[name] = new('mw_func', found[0].of.func)
    end
  end
  return I
end

-- Calls a function of the instance other than an export: gives what Wasmtime reports, the trap in `out`. The core types are letters.
function M.call(I, func, io, params, results, out)
  if I.asynchronous then return fibers.alone(I, func, io, params, results, out) end
  return build.call(I, func, io, math.max(#params, #results), out)
end

-- The destructor of resource number `index` (from 1), or nil.
function M.dtor(I, index) return build.take_func(I, I.P.resources[index].dtor) end

return M
