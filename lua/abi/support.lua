-- What generated code is given, by name: functions of Moonwit and of LuaJIT, buffers, and the hooks of lua/calls. A chunk binds to locals,
-- once, those names that its text uses.

local ffi, bit = require 'ffi', require 'bit'
local batches = require 'lua.abi.batches'
local epochs = require 'lua.wasmtime.epochs'
local instances = require 'lua.guest.instance'
local layout = require 'lua.abi.layout'
local numbers = require 'lua.abi.numbers'
local optional = require 'lua.values.optional'
local text = require 'lua.values.utf8'
local maps = require 'lua.values.maps'
local new = require 'table.new'

local M = {}

--- The functions and values themselves. `C`, Wasmtime's library, joins them when it is there.
M.given = {
  cast = ffi.cast,
  copy = ffi.copy,
  str = ffi.string,
  band = bit.band,
  arshift = bit.arshift,
  lshift = bit.lshift,
  new = new,
  new_map = maps.new,
  chains = maps.chains,
  crowd = maps.crowd,
  key_of = maps.key_of,
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
  notice = epochs.notice,
}

for name, value in pairs(batches.given) do
  M.given[name] = value
end

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
  M.given[name] = ffi.typeof(ctype .. '*')
end

-- Functions of Lua, and hooks (lua/calls/hooks.lua).
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
  'rebind',
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

-- A chunk is given four things: what is here, the hooks, constants (names of cases, bits of flags), and the target that is called.
local ARGUMENTS = 'local support, hooks, K, target = ...'

local function sorted(names)
  local out = {}
  for name in pairs(names) do
    out[#out + 1] = name
  end
  table.sort(out)
  return out
end

local GIVEN = sorted(M.given)

--- Tells whether a text uses a name.
---@param body string
---@param name string
---@return boolean
function M.uses(body, name) return body:find('%f[%w_]' .. name .. '%f[^%w_]') ~= nil end

--- The lines that bind the names which a text uses.
---@param body string
---@return string
function M.bindings(body)
  local out = { ARGUMENTS }
  local function bind(name, from)
    if M.uses(body, name) then out[#out + 1] = ('local %s = %s%s'):format(name, from, name) end
  end
  for _, name in ipairs(GLOBALS) do
    bind(name, '')
  end
  for _, name in ipairs(GIVEN) do
    bind(name, 'support.')
  end
  for _, name in ipairs(HOOKS) do
    bind(name, 'hooks.')
  end
  return table.concat(out, '\n')
end

--- The statements that read the string of `n` bytes at `p`. An empty string or list is checked as any other: its address must lie in the
-- memory too, at most at its very end.
M.READ_STRING = [[
  if p + n > limit then return wrong("", "has a string outside the guest's memory") end
  if n > MAX_BYTES then return wrong("", "has a string that is longer than any may be") end
  budget = budget - n
  if budget < 0 then return wrong("", "takes more memory than a value may") end
  if not bytes_are_utf8(base + p, n, limit - p) then return wrong("", "has a string that is not UTF-8") end
  return str(base + p, n)
]]

--- The statements that read the list of `n` bytes at `p`.
M.READ_BYTES = [[
  if p + n > limit then return wrong("", "has a list outside the guest's memory") end
  if n > MAX_BYTES then return wrong("", "has a list that is longer than any may be") end
  budget = budget - n
  if budget < 0 then return wrong("", "takes more memory than a value may") end
  return str(base + p, n)
]]

local ALLOC = [[
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
]]

-- The same where it may have been allocated already.
local ALLOC_OR_TAKE = [[
local function alloc(n, align)
  local at
  if taken < wanted then
    if need[taken] ~= n * 16 + align then
      fault = "the arguments have changed while its realloc ran"
      return false
    end
    at = place[taken]
    taken = taken + 1
  else
    ra[0].u32, ra[1].u32, ra[2].u32, ra[3].u32, ra[4].u32 = 0, 0, align, n, number
    failure = call_realloc(ctx, realloc, ra, 5, trap)
    if failure ~= nil or trap[0] ~= nil then return false end
    base, limit = memory_data(ctx, mem), tonumber(memory_size(ctx, mem))
    at = ra[0].u32
  end
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
]]

local MEMORY = [[
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
]] .. M.READ_STRING .. [[
end
local function bytes_at(at)
  local q = cast(p32, base + at)
  local p, n = q[0], q[1]
]] .. M.READ_BYTES .. [[
end
]]

local STATE = 'local base, limit, budget, fault, ctx, mem, realloc, number, failure\n'

--- The state of a generated function that passes values in memory, and what reads and makes room there.
M.MEMORY = STATE .. ALLOC .. MEMORY

--- The same where lists are passed whose values take memory.
M.BATCHED = STATE .. batches.STATE .. batches.TEXT .. ALLOC_OR_TAKE .. MEMORY

--- The same for a function that has nothing in memory.
M.NO_MEMORY = [[
local fault
local function wrong(stand_in, what)
  fault = fault or "the result " .. what
  return stand_in
end
local function full()
  fault = "it has no room for another handle"
  return 0
end
]]

return M
