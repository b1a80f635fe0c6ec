-- Bindings: the exports of instances as generated functions call them.

local ffi = require 'ffi'
local build = require 'lua.guest.build'
local fibers = require 'lua.guest.fibers'

local slots = ffi.typeof 'mw_raw[17]'

local M = {}

--- What a generated function needs to call one export of one instance.
---@class Binding
---@field instance Instance
---@field export string its name in full
---@field ctx ffi.cdata* wasmtime_context_t* of the instance
---@field io ffi.cdata* mw_raw[17]: the core arguments, then the core result
---@field func ffi.cdata* mw_func
---@field memory ffi.cdata*? mw_memory that values are passed in
---@field realloc ffi.cdata*? mw_func
---@field realloc_number integer? by which the gate knows it (lua/guest/build.lua, `take_shut`)
---@field batch ffi.cdata*|false|nil mw_func that calls the realloc many times; false where there is none (lua/abi/batches.lua)
---@field batch_name string by which the module with the gate has it
---@field post ffi.cdata*? mw_func: the post-return function
---@field post_number integer?
---@field params string the function's core types, a letter for each
---@field results_of string
---@field table integer? the step with the handles of its component instance, from 0, where these have tables of their own
---@field next Binding? that rests in the same pool, below this one (lua/calls)
---@field rested number? since when it rests (monotonic nanoseconds; lua/guest/upkeep.lua)
--- Where calls run on a fiber (lua/guest/fibers.lua, `equip`):
---@field count integer? how many params
---@field size integer? how many results
---@field args ffi.cdata*? mw_val[]
---@field results ffi.cdata*? mw_val[]
---@field out ffi.cdata*? void *[2]: the trap and the failure
---@field alone string? the core types of what the post-return function takes
---@field post_args any mw_val[] for that

-- A call that waits keeps its arguments elsewhere, so one `io` serves all calls.
local shared

---@param instance Instance
---@param lift table
---@return Binding
local function make(instance, lift)
  local io = instance.asynchronous and shared or slots()
  shared = shared or instance.asynchronous and io
  local func, memory = build.take_func(instance, lift.core), build.take_memory(instance, lift.memory)
  -- In a composed component each component instance has its own gate (host/wasm/plan/gate.py), and its own functions that shut it.
  local of = lift.instance > 0 and lift.instance .. ':' or ''
  local realloc, realloc_number = build.take_shut(instance, lift.realloc, of .. 'iiii>i')
  local post, post_number = build.take_shut(instance, lift.post, of .. lift.results .. '>')
  ---@type Binding
  local binding = {
    instance = instance,
    export = lift.export,
    ctx = instance.ctx,
    io = io,
    func = func,
    memory = memory,
    realloc = realloc,
    realloc_number = realloc_number,
    batch = nil,
    batch_name = of .. 'batch',
    post = post,
    post_number = post_number,
    params = lift.params,
    results_of = lift.results,
    table = lift.table,
    next = nil,
    rested = nil,
    count = nil,
    size = nil,
    args = nil,
    results = nil,
    out = nil,
    alone = nil,
    post_args = nil,
  }
  if instance.asynchronous then fibers.equip(binding, lift.params, lift.results) end
  return binding
end

--- Gives the binding of an export of an instance, which is made once for each.
---@param instance Instance
---@param lift border.Lift
---@return Binding?
---@return Report? when the export is not what the plan says
function M.bind(instance, lift)
  local binding = instance.bindings[lift.export]
  if binding then return binding end
  local ok, report = pcall(make, instance, lift)
  if not ok then
    if type(report) ~= 'table' then error(report, 0) end
    return nil, report
  end
  instance.bindings[lift.export] = report
  return report
end

return M
