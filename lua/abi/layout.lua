-- Sizes, alignments, offsets and flattened core types of WIT types, kept on the type tables themselves.
-- Source: CanonicalABI.md, "Alignment", "Element Size", "Flattening", for 32-bit memories.

local M = {}

local SIZE = {
  bool = 1,
  u8 = 1,
  s8 = 1,
  u16 = 2,
  s16 = 2,
  u32 = 4,
  s32 = 4,
  f32 = 4,
  char = 4,
  u64 = 8,
  s64 = 8,
  f64 = 8,
  string = 8,
  own = 4,
  borrow = 4,
  stream = 4,
  future = 4,
  list = 8,
  map = 8,
}
local ALIGN = { string = 4, list = 4, map = 4 }
local FLAT = { f32 = { 'f' }, f64 = { 'F' }, u64 = { 'I' }, s64 = { 'I' }, string = { 'i', 'i' }, list = { 'i', 'i' }, map = { 'i', 'i' } }
local ONE = { 'i' }

M.MAX_BYTES = 2 ^ 28 - 1
--- How many pairs a map may have: a table that is filled takes longer for each than a list.
M.MOST_PAIRS = 2 ^ 20
M.MAX_FLAT_PARAMS = 16

local function up(at, align) return math.ceil(at / align) * align end

local function append(to, from)
  for _, letter in ipairs(from) do
    to[#to + 1] = letter
  end
end

local function join(a, b)
  if a == b then return a end
  if (a == 'i' and b == 'f') or (a == 'f' and b == 'i') then return 'i' end
  return 'I'
end

-- Sets size, align, offsets (from 0) and flat of `t` from its parts, laid out in order.
local function sequence(t, parts)
  local at, align, offsets, flat = 0, 1, {}, {}
  for i, part in ipairs(parts) do
    M.of(part)
    at = up(at, part.align)
    offsets[i], at, align = at, at + part.size, math.max(align, part.align)
    append(flat, part.flat)
  end
  t.size, t.align, t.offsets, t.flat = up(at, align), align, offsets, flat
end

-- `t.cases` is {{name =, type = or nil}, ...}, for every kind of variant.
local function cases(t)
  local count = #t.cases
  local disc = count <= 256 and 1 or count <= 65536 and 2 or 4
  local align, size, flat = disc, 0, {}
  for _, case in ipairs(t.cases) do
    if case.type then
      M.of(case.type)
      align, size = math.max(align, case.type.align), math.max(size, case.type.size)
      for i, letter in ipairs(case.type.flat) do
        flat[i] = flat[i] and join(flat[i], letter) or letter
      end
    end
  end
  local payload_align = 1
  for _, case in ipairs(t.cases) do
    if case.type then payload_align = math.max(payload_align, case.type.align) end
  end
  t.disc, t.payload = disc, up(disc, payload_align)
  t.size, t.align = up(t.payload + size, align), align
  t.flat = { 'i' }
  append(t.flat, flat)
end

--- Lays out a type, once, and gives it back. Types of kind enum, option and result get `cases` too.
---@param t table
---@return table t
function M.of(t)
  if t.flat then return t end
  local kind = t.kind
  if kind == 'error-context' then
    t.size, t.align, t.flat = 4, 4, ONE
  elseif SIZE[kind] then
    t.size, t.align, t.flat = SIZE[kind], ALIGN[kind] or SIZE[kind], FLAT[kind] or ONE
    if t.element then M.of(t.element) end
  elseif kind == 'record' then
    local parts = {}
    for i, field in ipairs(t.fields) do
      parts[i] = field.type
    end
    sequence(t, parts)
  elseif kind == 'tuple' then
    sequence(t, t.types)
  elseif kind == 'flags' then
    local size = #t.names <= 8 and 1 or #t.names <= 16 and 2 or 4
    t.size, t.align, t.flat = size, size, ONE
  else
    if kind == 'enum' then
      t.cases = {}
      for i, name in ipairs(t.names) do
        t.cases[i] = { name = name }
      end
    elseif kind == 'option' then
      t.cases = { { name = 'none' }, { name = 'some', type = t.some } }
    elseif kind == 'result' then
      t.cases = { { name = 'ok', type = t.ok }, { name = 'err', type = t.err } }
    end
    assert(t.cases, kind)
    cases(t)
  end
  return t
end

--- Lays out a function's parameters: as flat values, or as a tuple in memory when there are too many.
---@param sig table
---@return table sig
function M.signature(sig)
  local flat, parts = {}, {}
  for i, param in ipairs(sig.params) do
    parts[i] = M.of(param.type)
    append(flat, param.type.flat)
  end
  sig.spilled = #flat > M.MAX_FLAT_PARAMS
  sig.flat_count = sig.spilled and 1 or #flat
  if sig.spilled then
    sig.tuple = { kind = 'tuple', types = parts }
    sequence(sig.tuple, parts)
  end
  if sig.result then
    M.of(sig.result)
    sig.in_memory = #sig.result.flat > 1
  end
  return sig
end

-- What an end carries lies elsewhere.
local ENDS = { stream = true, future = true }

-- The types directly inside a type; option and result have theirs as cases too.
local function parts(t)
  if ENDS[t.kind] then return {} end
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

local HANDLES, POINTERS_TO = { own = true, borrow = true }, { string = true, list = true, map = true }

--- Tells whether a type, or nil for none, is or holds a handle.
---@param t table?
---@return boolean
function M.has_handles(t) return t ~= nil and holds_kind(t, HANDLES, {}) end

local pointing = setmetatable({}, { __mode = 'k' }) -- type -> what `has_pointers` said

--- Tells whether a type, or nil for none, is or holds a string, list or map: whether its values take memory beyond their own place.
---@param t table?
---@return boolean
function M.has_pointers(t) return t ~= nil and holds_kind(t, POINTERS_TO, pointing) end

--- Tells whether values of a laid out signature are passed in memory.
---@param sig table
---@return boolean
function M.uses_memory(sig)
  if sig.spilled or sig.in_memory then return true end
  for _, param in ipairs(sig.params) do
    if M.has_pointers(param.type) then return true end
  end
  return false
end

return M
