-- Turns a WIT signature into one Lua function: checks the arguments, takes an instance, lowers, calls, lifts, calls
-- post-return, gives the instance back. The text is made per signature, so that LuaJIT sees straight code.

local check = require 'lua.abi.check'
local emitter = require 'lua.abi.emitter'
local layout = require 'lua.abi.layout'
local lower = require 'lua.abi.lower'
local measure = require 'lua.abi.measure'
local stages = require 'lua.abi.stages'
local support = require 'lua.abi.support'
local wasmtime = require 'lua.wasmtime.api'

local M = { support = support.given }

--- How much Lua memory a result may take, about. Lists may name the same memory of the guest many times, so its size is not a bound.
M.MOST_RESULT_BYTES = 2 ^ 30

--- How a function is to call its guest.
---@class Options
---@field mode string? the way of calling, `plain` for nil
---@field fresh boolean? each call has an instance of its own
---@field pair boolean? a result type is given as value, err
---@field post string? there is a post-return function: 'leaf' when it calls nothing of the host, else 'calls'
---@field leaf boolean? the guest's realloc calls nothing of the host
---@field resources boolean? the component defines resources
---@field shared boolean? its instances rest where those of other functions do
---@field limit integer|string|nil how many epochs a call may take
---@field state integer? what the lane says of the call meanwhile (lua/dispatcher/epoch_state.lua)
---@field gated boolean? realloc and post-return are called by functions that shut the gate (host/wasm/plan/gate.py), which take a number
--- besides, after what they pass on
---@field results integer? how many core results the function has

-- Ways of calling -----------------------------------------------------------------------------------------------------

-- This C call is compiled with what is around it.
local PLAIN = 'C.wasmtime_func_call_unchecked'

local AT_ONCE = {
  stages.check,
  stages.take,
  stages.slots,
  stages.arm,
  stages.lower,
  stages.call,
  stages.lift,
  stages.clean_up,
  stages.give_back,
  stages.give_result,
}

local HOSTED = {
  stages.check,
  stages.take,
  stages.enter,
  stages.slots,
  stages.arm,
  stages.lower,
  stages.call,
  stages.lift,
  stages.clean_up,
  stages.leave,
  stages.give_back,
  stages.give_result,
}

local BEFORE = { stages.check_first, stages.wait_for, stages.slots, stages.lower, stages.hand_over }
local AFTER = { stages.again, stages.lift, stages.clean_up_after, stages.let_go, stages.give_result }
local AFTER_FIBER = { stages.again, stages.lift, stages.clean_up_on_fiber, stages.let_go, stages.give_result }

--- One way: what calls the guest, its realloc, and a realloc that is known to call nothing of the host; and the stages, all in
-- one function, or in two where the guest is called between them. Where functions of the host may be called back it is by functions that
-- are not compiled (lua/wasmtime/entrances.lua).
---@class Way
---@field main string
---@field realloc string
---@field leaf string
---@field whole function[]?
---@field before function[]?
---@field after function[]?

--- The ways, by name.
---@type table<string, Way>
M.WAYS = {
  -- A guest that calls nothing of the host.
  plain = { main = PLAIN, realloc = PLAIN, leaf = PLAIN, whole = AT_ONCE },
  -- One that calls functions of the host, which don't wait.
  hosted = { main = 'hooks.call_hosted', realloc = 'hooks.call_hosted', leaf = PLAIN, whole = HOSTED },
  -- The same on a fiber, because they may turn out long; what goes with the main function is called as above.
  turns = { main = PLAIN, realloc = PLAIN, leaf = PLAIN, before = BEFORE, after = AFTER },
  hosted_turns = { main = 'hooks.call_hosted', realloc = 'hooks.call_hosted', leaf = PLAIN, before = BEFORE, after = AFTER },
  -- One that may wait.
  waits = { main = 'nil', realloc = 'hooks.call_realloc', leaf = 'hooks.call_leaf', before = BEFORE, after = AFTER_FIBER },
}

-- Writing -------------------------------------------------------------------------------------------------------------

-- The names of the parameters, and an expression that is true when all of them fit, or nil where there are none.
local function parameters(e, sig)
  local names, checks = {}, {}
  for i, param in ipairs(sig.params) do
    names[i] = 'a' .. i
    checks[i] = check.expression(e, param.type, names[i])
  end
  return table.concat(names, ', '), #checks > 0 and table.concat(checks, ' and ') or nil
end

---@return Call
local function describe(sig, options)
  local e, handles = emitter.new(), false
  for _, param in ipairs(sig.params) do
    handles = handles or layout.has_handles(param.type)
  end
  local arguments, fits = parameters(e, sig)
  -- A store whose guests may wait takes no synchronous calls.
  if options.mode ~= 'waits' then e.measure = measure.of end
  return {
    sig = sig,
    options = options,
    way = M.WAYS[options.mode or 'plain'],
    emitter = e,
    arguments = arguments,
    passed = #sig.params > 0 and ', ' .. arguments or '',
    count = #sig.params,
    fits = fits,
    lowering = lower.arguments(e, sig),
    handles = handles,
    memory = layout.uses_memory(sig),
    most = M.MOST_RESULT_BYTES,
  }
end

local function write_stages(block, call, list)
  for _, stage in ipairs(list) do
    stage(block, call)
  end
  block:close()
end

-- The functions of a call, and the names that they share.
local function write_functions(block, call)
  local way = call.way
  stages.write_lower(block, call)
  if way.whole then
    block:open('return function(%s%s...)', call.arguments, call.count > 0 and ', ' or '')
    return write_stages(block, call, way.whole)
  end
  stages.write_fits(block, call)
  block:open('local function before(%s)', call.arguments)
  write_stages(block, call, way.before)
  block:open('local function after(binding%s)', call.handles and ', lent' or '')
  write_stages(block, call, way.after)
  stages.drive(block, call)
end

-- The C functions that the text uses.
local function library(call, body)
  local way, out = call.way, {}
  local names = {
    { 'call', way.main },
    { 'call_realloc', call.options.leaf and way.leaf or way.realloc },
    { 'memory_data', 'C.wasmtime_memory_data' },
    { 'memory_size', 'C.wasmtime_memory_data_size' },
    { 'arm', 'C.wasmtime_context_set_epoch_deadline' },
  }
  for _, each in ipairs(names) do
    if support.uses(body, each[1]) then out[#out + 1] = ('local %s = %s'):format(each[1], each[2]) end
  end
  return 'local C = support.C\n' .. table.concat(out, '\n')
end

--- Writes the function for a signature.
---@param sig table as lua/guest/plan.py gives it, with the types themselves for their numbers
---@param options Options
---@return string text of a chunk that gives it
---@return any[] constants that the chunk is given
function M.write(sig, options)
  layout.signature(sig)
  local call, block = describe(sig, options), emitter.block()
  write_functions(block, call)
  local state = call.memory and (call.emitter.batched and support.BATCHED or support.MEMORY) or support.NO_MEMORY
  if options.shared then state = state .. 'local home, export = target.home, target.lift.export\n' end
  local body = state .. 'local io, holder\n' .. call.emitter:text(block:text())
  return table.concat({ support.bindings(body), library(call, body), body }, '\n'), call.emitter.constants
end

-- LuaJIT bounds how many names, registers and jumps a function has: about hundred parameters, about thousand cases with payloads.
local function load_generated(chunk, sig)
  local made, why = loadstring(chunk, '=generated:' .. sig.name)
  if not made then error({ too_large = why:gsub('^generated:.-:%d+: ', '') }, 0) end
  return made
end

--- Compiles a signature for a target; raises {too_large = reason} for one that LuaJIT can't.
---@param sig table
---@param options Options
---@param hooks table<string, function> lua/calls/hooks.lua
---@param target Target
---@return function
---@return string text
function M.compile(sig, options, hooks, target)
  support.given.C = wasmtime.C
  local chunk, constants = M.write(sig, options)
  return load_generated(chunk, sig)(support.given, hooks, constants, target), chunk
end

--- Compiles only the check of all arguments: a function(...) that gives true when they fit.
---@param sig table
---@param hooks table<string, function>
---@return fun(...): boolean
function M.compile_check(sig, hooks)
  layout.signature(sig)
  local e = emitter.new()
  local arguments, fits = parameters(e, sig)
  local block = emitter.block('return function(%s%s...)', arguments, fits and ', ' or '')
  block:put('return select("#", ...) == 0%s', fits and ' and ' .. fits or '')
  local body = e:text(block:text())
  return load_generated(support.bindings(body) .. '\n' .. body, sig)(support.given, hooks, e.constants)
end

return M
