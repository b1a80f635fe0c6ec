-- Plans: what to instantiate, in what order and with what (host/wasm/plan/plan.py). They arrive as plain tables (lua/guest/plan.py), with
-- addresses as numbers, and are made ready for a lane here. All indices are from 1, but for those of core instances in a store.

local ffi = require 'ffi'
local linking = require 'lua.guest.linking'

local cast, new = ffi.cast, ffi.new

local M = {}

--- What stands for something in a plan: one export of a step; a stub for an import that is not linked; a built-in of a resource; or a
-- function of the host, by the group that it is in.
---@class Item
---@field step integer? index of the step
---@field name string? of the export, in the step's instance or the group's
---@field stub integer?
---@field resource integer? index of the resource
---@field operation string? the name of the built-in
---@field group integer? index of the group
---@field late integer? which realloc of the group it needs, which may come later than it; 0 for none

--- A core module to instantiate.
---@class Step
---@field module integer
---@field arguments Item[]
---@field externs ffi.cdata* mw_extern[]: room for the arguments

--- A resource that the component defines.
---@class Resource
---@field name string
---@field interface string? that it belongs to
---@field module integer? address of the module with its built-ins, where no step has these
---@field instance integer the component instance that defines it, from 0
---@field dtor Item?
---@field late boolean? the destructor is there only after the built-ins
---@field pointer ffi.cdata*? `module` as a pointer
---@field externs ffi.cdata* mw_extern[]: room for what the module imports

--- Functions of the host that one module of our own passes on to a guest (host/wasi/linkage.py).
---@class Group
---@field module integer address of that module
---@field memory Item?
---@field functions string[] names of functions of the host
---@field reallocs Item[]
---@field serves boolean? some of them may wait
---@field gate Item? the gate that the module looks at
---@field pointer ffi.cdata* `module` as a pointer
---@field externs ffi.cdata* mw_extern[]: room for what the module imports
---@field prepared ffi.cdata*? wasmtime_instance_pre_t*, where the imports are the same for all instances

--- What all instances of a guest have in common.
---@class Plan
---@field key string names the entries that share it
---@field engine ffi.cdata* wasm_engine_t*
---@field modules ffi.cdata*[] wasmtime_module_t*, NULL for one that no step uses
---@field steps Step[]
---@field resources Resource[]
---@field groups Group[]
---@field initialize Item? a function to call before all others
---@field memories Item[] those that functions of the host use
---@field unlinked ffi.cdata*? module of stubs
---@field handles ffi.cdata*? module of the handle table
---@field batches ffi.cdata*? module that calls a realloc many times
---@field granted table<string, true> interfaces
---@field waits boolean? a call may wait
---@field small boolean? instances are small (host/engine/engine.py)
---@field more_mappings integer how many memory mappings an instance takes beyond those of one component (lua/wasmtime/mappings.lua)
---@field files boolean? instances get the mounts of their entry
---@field gated boolean? group 1 has a gate (host/wasm/plan/gate.py)
---@field linker table? what functions of the host are linked by (lua/guest/linking.lua); nil where it imports none
---@field repeatable boolean nobody notices that a call was ended and made again
---@field core ffi.ctype* array of the core instances in a store: the steps', from 0, then these:
---@field unlinked_at integer
---@field handles_at integer
---@field resources_at integer where the first resource's is
---@field groups_at integer where the first group's is
---@field provided function[]? what answers imports, by their numbers (lua/imports/providers.lua)
---@field tasks table? what a component of WASI 0.3 has (lua/tasks/state.lua)
---@field serving Instance[]? those that many calls share (lua/tasks/exports.lua)
---@field foreign table<integer, string>? names of resources that others define, by their numbers
---@field drops table<string, table>? what drops such resources, by their names
---@field libraries table<string, table>? those that answer imports, by id
---@field console table<string, table>? the standard streams of a program (lua/programs/console.lua)
---@field resident Instance? the one that all entries share, where there are resources (lua/calls)
---@field homes table<string, Home> where instances rest that all functions of an entry share, by its id
---@field out integer how many calls of its instances are long, and so on a fiber (lua/calls/turns.lua)
---@field entry table? the entry that was called first, which methods of its resources follow (lua/calls)

local function pointer(address) return address and cast('const void *', address) end

-- Room for what the parts of a plan import, and their modules as pointers.
local function prepare_parts(plan)
  for _, step in ipairs(plan.steps) do
    step.externs = new('mw_extern[?]', math.max(#step.arguments, 1))
  end
  for _, resource in ipairs(plan.resources) do
    resource.pointer = pointer(resource.module)
    resource.externs = new('mw_extern[?]', 5)
  end
  for _, group in ipairs(plan.groups) do
    group.pointer = pointer(group.module)
    group.externs = new('mw_extern[?]', #group.functions + 2)
    group.prepared = not group.memory and not group.gate and plan.linker and linking.prepare_group(plan.linker, group.pointer) or nil
  end
end

--- Prepares a plan for this lane: pointers for numbers, buffers for arguments.
---@param given border.Plan
---@return Plan
function M.prepare(given)
  local engine, modules = cast('void *', given.engine), {}
  for i, address in ipairs(given.modules) do
    modules[i] = pointer(address)
  end
  local resources, groups = given.resources or {}, given.groups or {}
  -- Where each core instance stands: the plan's own, then what Moonwit adds.
  local resources_at = #given.steps + 2
  local groups_at = resources_at + #resources
  ---@type Plan
  local plan = {
    key = given.key,
    engine = engine,
    modules = modules,
    steps = given.steps,
    resources = resources,
    groups = groups,
    initialize = given.initialize,
    memories = given.memories or {},
    unlinked = pointer(given.unlinked),
    handles = pointer(given.handles),
    batches = pointer(given.batches),
    granted = given.granted or {},
    waits = given.waits,
    small = given.small,
    -- Each core instance may have a memory, which takes two.
    more_mappings = given.composed and 2 * #given.steps or 0,
    files = given.files,
    gated = given.gated,
    linker = given.hosted and linking.prepare(engine, given.hosted),
    repeatable = linking.is_repeatable(given.hosted),
    -- A type of fixed size: LuaJIT compiles its allocation, but not that of a variable one.
    core = ffi.typeof('mw_instance[$]', groups_at + #groups),
    unlinked_at = #given.steps,
    handles_at = #given.steps + 1,
    resources_at = resources_at,
    groups_at = groups_at,
    provided = nil,
    tasks = nil,
    serving = nil,
    foreign = nil,
    drops = nil,
    libraries = nil,
    console = nil,
    resident = nil,
    homes = {},
    out = 0,
    entry = nil,
  }
  prepare_parts(plan)
  return plan
end

return M
