-- Plans: what to instantiate, in what order and with what (host/wasm/plan/plan.py), made ready for a lane.
--
-- A plan arrives as plain tables, addresses as numbers:
--   engine, modules {address}, steps {{module = index, arguments = {item}}}, unlinked = address or nil,
--   handles = address or nil, resources {{module = address, dtor = item or nil, late = true where it is made later}},
--   initialize = item or nil, gated = true when group 1 has a gate (host/wasm/plan/gate.py),
-- where an item is {step = index, name =}, {stub = index}, {resource = index, operation =} or {group = index, name =, late = index or 0};
-- indices from 1. Functions of the host (lua/guest/linking.lua): hosted {{name =, params =, results =}}, groups {{module = address, gated =
-- true, memory = item or nil, functions = {name}, reallocs = {item}, serves = true}}, memory = item or nil, granted = {interface = true},
-- waits = true when a call may wait, files = true when Wasmtime's WASI is used, small = true for small instances (host/engine/engine.py).

local ffi = require 'ffi'
local linking = require 'lua.guest.linking'

local cast, new = ffi.cast, ffi.new

local M = {}

--- Prepares a plan for this lane: pointers for numbers, buffers for arguments.
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
  P.linker = plan.hosted and linking.prepare(P.engine, plan.hosted)
  P.repeatable = linking.is_repeatable(plan.hosted)
  for _, group in ipairs(P.groups) do
    group.pointer = cast('const void *', group.module)
    group.externs = new('mw_extern[?]', #group.functions + 2)
    group.prepared = not group.memory and P.linker and linking.prepare_group(P.linker, group.pointer, group.functions)
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

return M
