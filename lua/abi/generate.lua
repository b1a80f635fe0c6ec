-- Turns a WIT signature into one Lua function: checks the arguments, takes an instance, lowers, calls, lifts, calls
-- post-return, gives the instance back. The text is made per signature, so that LuaJIT sees straight code.

local ffi, bit = require 'ffi', require 'bit'
local check = require 'lua.abi.check'
local emitter = require 'lua.abi.emitter'
local epochs = require 'lua.wasmtime.epochs'
local instances = require 'lua.guest.instance'
local layout = require 'lua.abi.layout'
local lift = require 'lua.abi.lift'
local lower = require 'lua.abi.lower'
local numbers = require 'lua.abi.numbers'
local optional = require 'lua.values.optional'
local text = require 'lua.values.utf8'
local wasmtime = require 'lua.wasmtime.api'
local new = require 'table.new'

local M = {}

-- What generated code uses, bound to locals once per chunk.
local support = {
  cast = ffi.cast,
  copy = ffi.copy,
  str = ffi.string,
  band = bit.band,
  arshift = bit.arshift,
  lshift = bit.lshift,
  new = new,
  none = optional.none,
  some = optional.some,
  TAG = optional.TAG,
  string_is_utf8 = text.string_is_utf8,
  bytes_are_utf8 = text.bytes_are_utf8,
  code_of = text.code_of,
  char_of = text.char_of,
  wide = numbers.wide,
  wide_u64 = numbers.wide_u64,
  wide_s64 = numbers.wide_s64,
  signed = numbers.signed,
  unsigned = numbers.unsigned,
  only_sequence = numbers.only_sequence,
  listed_bits = numbers.listed_bits,
  NO_LIMIT = instances.NO_LIMIT,
  MAX_BYTES = layout.MAX_BYTES,
  NAN = numbers.NAN,
  f32_at = numbers.f32_at,
  f64_at = numbers.f64_at,
  ra = ffi.new 'mw_raw[5]',
  trap = ffi.new 'void *[1]',
  lane = epochs.lane,
}
M.support = support

local POINTERS = {
  p8 = 'uint8_t',
  pi8 = 'int8_t',
  p16 = 'uint16_t',
  pi16 = 'int16_t',
  p32 = 'uint32_t',
  pi32 = 'int32_t',
  pf32 = 'float',
  pf64 = 'double',
  pu64 = 'uint64_t',
  ps64 = 'int64_t',
}
for name, ctype in pairs(POINTERS) do
  support[name] = ffi.typeof(ctype .. '*')
end

-- Names that a chunk binds only when its text uses them.
local GLOBALS = { 'type', 'rawget', 'next', 'getmetatable', 'setmetatable', 'select', 'tonumber' }
local HOOKS = {
  'holds',
  'give',
  'lend',
  'take',
  'owner',
  'begin',
  'refuse',
  'fail',
  'broken',
  'guest_error',
  'make',
  'dispose',
  'release',
  'drain',
  'acquire',
  'reach',
  'give_back',
  'run',
  'run_post',
  'leaf_post',
  'enter',
  'leave',
}

-- How generated code calls the guest. Where functions of the host may be called back it is by functions that are not compiled, unless
-- it is known of the guest's realloc that it calls none.
local CALLS = {
  plain = { main = 'C.wasmtime_func_call_unchecked', realloc = 'C.wasmtime_func_call_unchecked' },
  hosted = { main = 'H.call_hosted', realloc = 'H.call_hosted' },
  waits = { main = 'nil', realloc = 'H.call_realloc' },
  -- The main function runs on a fiber, what goes with it does not.
  turns = { main = 'C.wasmtime_func_call_unchecked', realloc = 'C.wasmtime_func_call_unchecked' },
  hosted_turns = { main = 'H.call_hosted', realloc = 'H.call_hosted' },
}
local LEAVES = { hosted = 'C.wasmtime_func_call_unchecked', hosted_turns = 'C.wasmtime_func_call_unchecked', waits = 'H.call_leaf' }

-- How much Lua memory a result may take, about. Lists may name the same memory of the guest many times, so its size is no bound.
M.MOST_RESULT_BYTES = 2 ^ 30

-- An empty string or list is checked as any other: its address must lie in the memory too, at most at its very end.
local MEMORY = [[
local base, limit, budget, fault, ctx, mem, realloc, number, failure
local function alloc(n, align)
  ra[0].u32, ra[1].u32, ra[2].u32, ra[3].u32, ra[4].u32 = 0, 0, align, n, number
  failure = call_realloc(ctx, realloc, ra, 5, trap)
  if failure ~= nil or trap[0] ~= nil then return false end
  base, limit = memory_data(ctx, mem), tonumber(memory_size(ctx, mem))
  local at = ra[0].u32
  if at + n > limit then
    fault = "the guest's realloc gave memory that it does not have"
    return false
  end
  if at % align ~= 0 then
    fault = "the guest's realloc gave an address that is not aligned"
    return false
  end
  return at
end
local function wrong(stand_in, what)
  fault = fault or "the result " .. what
  return stand_in
end
local function full()
  fault = "it has no room for another handle"
  return 0
end
local function string_at(at)
  local q = cast(p32, base + at)
  local p, n = q[0], q[1]
  if p + n > limit then return wrong("", "has a string outside the guest's memory") end
  if n > MAX_BYTES then return wrong("", "has a string that is longer than any may be") end
  budget = budget - n
  if budget < 0 then return wrong("", "takes more memory than a result may") end
  if not bytes_are_utf8(base + p, n, limit - p) then return wrong("", "has a string that is not UTF-8") end
  return str(base + p, n)
end
local function bytes_at(at)
  local q = cast(p32, base + at)
  local p, n = q[0], q[1]
  if p + n > limit then return wrong("", "has a list outside the guest's memory") end
  if n > MAX_BYTES then return wrong("", "has a list that is longer than any may be") end
  budget = budget - n
  if budget < 0 then return wrong("", "takes more memory than a result may") end
  return str(base + p, n)
end
]]

-- The types directly inside a type; option and result have theirs as cases too.
local function parts(t)
  local out = { t.element }
  for _, item in ipairs(t.fields or t.cases or t.types or {}) do
    out[#out + 1] = item.kind and item or item.type
  end
  return out
end

-- Tells whether a laid out type is of a kind in `kinds`, or holds one. `known` keeps the answers: types may share parts many times.
local function holds_kind(t, kinds, known)
  if known[t] == nil then
    known[t] = kinds[t.kind] or false
    for _, part in ipairs(parts(t)) do
      known[t] = known[t] or holds_kind(part, kinds, known)
    end
  end
  return known[t]
end

local HANDLES, POINTERS_TO = { own = true, borrow = true }, { string = true, list = true }

local function has_handles(t) return t ~= nil and holds_kind(t, HANDLES, {}) end

local function uses_memory(sig)
  if sig.spilled or sig.in_memory then return true end
  for _, param in ipairs(sig.params) do
    if holds_kind(param.type, POINTERS_TO, {}) then return true end
  end
  return false
end

-- Binds the names that `body` uses to locals.
local function prelude(body, hooks, mode, leaf)
  local out = { 'local S, H, K, E = ...' }
  local function bind(name, from)
    if body:find('%f[%w_]' .. name .. '%f[^%w_]') then out[#out + 1] = ('local %s = %s'):format(name, from) end
  end
  for _, name in ipairs(GLOBALS) do
    bind(name, name)
  end
  for name in pairs(support) do
    bind(name, 'S.' .. name)
  end
  for _, name in ipairs(hooks) do
    bind(name, 'H.' .. name)
  end
  out[#out + 1] = (
    'local C = S.C local call, call_realloc, memory_data, memory_size = %s, %s, '
    .. 'C.wasmtime_memory_data, C.wasmtime_memory_data_size'
  ):format(CALLS[mode].main, leaf and LEAVES[mode] or CALLS[mode].realloc)
  bind('arm', 'C.wasmtime_context_set_epoch_deadline')
  return table.concat(out, '\n')
end

-- The text of a chunk for `sig`. `options.fresh` makes an instance per call; `options.pair` gives a result type as value, err;
-- `options.post` says that there is a post-return function ("leaf": which calls nothing of the host), `options.resources` that the
-- component defines resources, `options.limit` how many epochs a call may take, `options.state` what its lane says of the call
-- (lua/dispatcher/epoch_state.lua); `options.mode` is a key of CALLS, `options.leaf`
-- that the guest's realloc calls nothing of the host; `options.gated` that realloc and post-return are called by functions that shut the
-- gate (host/wasm/plan/gate.py), which take a number besides: after what they pass on, of which post-return has `options.results`.
local function write(sig, options)
  local e = emitter.new()
  local names, checks, handles = {}, {}, false
  for i, param in ipairs(sig.params) do
    names[i], checks[i] = 'a' .. i, check.expression(e, param.type, 'a' .. i)
    handles = handles or has_handles(param.type)
  end
  local arguments = table.concat(names, ', ')
  local comma = #names > 0 and ', ' or ''
  local out = {}
  local function put(line, ...) out[#out + 1] = select('#', ...) > 0 and line:format(...) or line end

  local lowering = lower.arguments(e, sig)
  local memory = uses_memory(sig)
  if memory then put('local function lower(%s)\n%s\nreturn true end', arguments, lowering) end
  local turns, hosted = options.mode == 'turns' or options.mode == 'hosted_turns', options.mode == 'hosted'
  local waits = turns or options.mode == 'waits'
  local exact = 'select("#", ...) == 0'
  if not waits then table.insert(checks, 1, exact) end
  local fits = #checks > 0 and table.concat(checks, ' and ') or 'true'
  if waits then
    put('local function fits(%s) %s return %s end', arguments, handles and 'begin(E)' or '', fits)
    fits = ('fits(%s)'):format(arguments)
    -- A guest that waits is called by code that is not compiled; what comes before and after is by itself, where it is no vararg function.
    put('local function before(%s)', arguments)
  else
    put('return function(%s%s...)', arguments, comma)
  end
  local rest = waits and '' or ', ...'
  if options.resources then put 'drain()' end
  if handles and not waits then put 'begin(E)' end
  put('if not (%s) then return refuse(E, %d%s%s%s) end', fits, #names, comma, arguments, rest)
  if handles then
    put 'local B, err = owner(E) local lent = B ~= nil if err then return nil, err end if not lent then'
  else
    put 'local B, err'
  end
  if waits then
    -- What was checked may have changed while the call waited for its instance.
    put 'local waited B, err, waited = acquire(E) if not B then return nil, err end'
    put('if waited and not %s then give_back(E, B) return refuse(E, %d%s%s) end', fits, #names, comma, arguments)
  elseif options.fresh then
    put 'B, err = make(E) if not B then return nil, err end'
  else
    put 'B = E.idle if B == nil then B, err = make(E) if not B then return nil, err end else E.idle = B.next end'
  end
  if handles and waits then
    put 'else local problem, waited = reach(E, B) if problem then return nil, problem end'
    put('if waited and not (%s and owner(E) == B) then leave(B.I) return refuse(E, %d%s%s) end', fits, #names, comma, arguments)
  end
  if handles then put 'end' end
  if hosted then
    put 'local problem = enter(E, B) if problem then'
    if handles then put 'if not lent then' end
    put(options.fresh and 'dispose(B)' or 'B.next = E.idle E.idle = B')
    if handles then put 'end' end
    put 'return nil, problem end'
  end
  put(has_handles(sig.result) and 'io, holder = B.io, B' or 'io = B.io')
  -- An instance that several entries share may come with another one's deadline.
  if not waits and (options.limit or options.resources or options.state) then
    if options.state then put('lane.state = %d', options.state) end
    put('arm(B.ctx, %s)', options.limit or 'NO_LIMIT')
  end
  if memory then
    put(
      'ctx, mem, realloc, number, fault, failure = B.ctx, B.memory, B.realloc, %s, nil, nil base = memory_data(ctx, mem)',
      options.gated and 'B.realloc_number' or '0'
    )
    put('if not lower(%s) then if fault then return broken(E, B, fault) end return fail(E, B, failure) end', arguments)
  else
    put 'fault = nil'
    put(lowering)
  end
  if handles then put 'if fault then return broken(E, B, fault) end' end
  -- One slot is there for a result in any case.
  local count = math.max(sig.flat_count, 1)
  if waits then
    put('return B%s end', handles and ', nil, lent' or '')
    put('local function after(B%s)', handles and ', lent' or '')
    -- Other calls have used the same names meanwhile.
    put(has_handles(sig.result) and 'io, holder, fault = B.io, B, nil' or 'io, fault = B.io, nil')
    if memory then put 'ctx, mem, realloc = B.ctx, B.memory, B.realloc' end
  else
    put('local failure = call(B.ctx, B.func, io, %d, trap) if failure ~= nil or trap[0] ~= nil then return fail(E, B, failure) end', count)
  end
  put 'local value, failed, problem'
  if sig.in_memory then
    put('local ret = io[0].u32 base, limit = memory_data(ctx, mem), tonumber(memory_size(ctx, mem)) budget = %d', M.MOST_RESULT_BYTES)
    local align = sig.result.align
    put('if ret + %d > limit then return broken(E, B, "the result is outside the guest\'s memory") end', sig.result.size)
    put('if ret %% %d ~= 0 then return broken(E, B, "the result is at an address that is not a multiple of %d") end', align, align)
  end
  put(lift.result(e, sig, options.pair))
  if sig.result then put 'if fault then return broken(E, B, fault) end' end
  if options.post then
    if sig.in_memory then put 'io[0].u32 = ret' end
    if options.gated then put('io[%d].u32 = B.post_number', options.results) end
    put(
      turns and 'local failure = call(B.ctx, B.post, io, 2, trap)'
        or not waits and 'failure = call(B.ctx, B.post, io, 2, trap)'
        or options.post == 'leaf' and 'local failure = leaf_post(B)'
        or 'local failure = run_post(B)'
    )
    put 'if failure ~= nil or trap[0] ~= nil then return fail(E, B, failure) end'
  end
  if hosted then put 'leave(B.I)' end
  if handles then put(waits and 'if lent then leave(B.I) release(B) else' or 'if lent then release(B) else') end
  put(waits and 'give_back(E, B)' or options.fresh and 'dispose(B)' or 'B.next = E.idle E.idle = B')
  if handles then put 'end' end
  if sig.result and sig.result.kind == 'result' and options.pair then put 'if failed then return nil, guest_error(E, problem) end' end
  put 'return value end'
  if waits then
    put('return function(%s%s...)', arguments, comma)
    put('if not (%s) then return refuse(E, %d%s%s, ...) end', exact, #names, comma, arguments)
    put('local B, err%s = before(%s) if not B then return nil, err end', handles and ', lent' or '', arguments)
    put 'local done, failed, failure = run(E, B) if not done then return nil, failed end if failed then return fail(E, B, failure) end'
    put('return after(B%s) end', handles and ', lent' or '')
  end

  local main = e:text(table.concat(out, '\n'))
  local state = memory and MEMORY
    or [[local fault
local function wrong(stand_in, what) fault = fault or "the result " .. what return stand_in end
local function full() fault = "it has no room for another handle" return 0 end]]
  local body = state .. '\nlocal io, holder\n' .. main
  return prelude(body, HOOKS, options.mode or 'plain', options.leaf) .. '\n' .. body, e.constants
end

-- LuaJIT bounds how many names, registers and jumps a function has: some hundred parameters, some thousand cases with payloads.
local function load_generated(chunk, sig)
  local made, why = loadstring(chunk, '=generated:' .. sig.name)
  if not made then error({ too_large = why:gsub('^generated:.-:%d+: ', '') }, 0) end
  return made
end

-- Compiles `sig` for the entry `E`, whose hooks are `hooks`; gives the function and its text.
function M.compile(sig, options, hooks, E)
  support.C = wasmtime.C
  layout.signature(sig)
  local chunk, constants = write(sig, options)
  return load_generated(chunk, sig)(support, hooks, constants, E), chunk
end

-- Compiles only the check of all arguments: a function(...) that gives true when they fit.
function M.compile_check(sig, hooks)
  layout.signature(sig)
  local e, names, checks = emitter.new(), {}, {}
  for i, param in ipairs(sig.params) do
    names[i], checks[i] = 'a' .. i, check.expression(e, param.type, 'a' .. i)
  end
  table.insert(checks, 1, 'select("#", ...) == 0')
  local body = e:text(
    ('return function(%s) return %s end'):format(
      table.concat(names, ', ') .. (#names > 0 and ', ' or '') .. '...',
      table.concat(checks, ' and ')
    )
  )
  support.C = wasmtime.C
  local text_of = prelude(body, HOOKS, 'plain'):gsub('local C = .*$', '')
  return load_generated(text_of .. '\n' .. body, sig)(support, hooks, e.constants)
end

return M
