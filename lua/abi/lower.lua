-- Generates the code that lowers checked Lua values: into the guest's memory (`store`) and into flat core values (`flat`).
-- Generated functions give true, or false after a failure of the guest's realloc, which `alloc` has noted.
-- Source: CanonicalABI.md, "Storing" and "Flat Lowering".

local check = require 'lua.abi.check'
local batches = require 'lua.abi.batches'
local emitter = require 'lua.abi.emitter'
local layout = require 'lua.abi.layout'

local block, quote = emitter.block, emitter.quote

local M = {}

local store = { name = 'store', kinds = {} }
local flat = { name = 'flat', kinds = {} }

-- What lies elsewhere in memory, behind a pointer and a count.
local BEHIND = { list = true, map = true }

local POINTER = {
  u8 = 'p8',
  s8 = 'pi8',
  u16 = 'p16',
  s16 = 'pi16',
  u32 = 'p32',
  s32 = 'pi32',
  f32 = 'pf32',
  f64 = 'pf64',
  u64 = 'pu64',
  s64 = 'ps64',
}
local SLOT = { f32 = 'f32', f64 = 'f64', u64 = 'u64', s64 = 'i64', s32 = 'i32', s16 = 'i32', s8 = 'i32' }
local DISC = { 'p8', 'p16', nil, 'p32' }
M.POINTER, M.SLOT, M.DISC = POINTER, SLOT, DISC

-- `at + offset` as text.
local function plus(at, offset)
  if offset == 0 then return at end
  return ('%s + %d'):format(at, offset)
end
M.plus = plus

-- The expression for a scalar's core value, or nil when `t` is not a scalar.
local function scalar(e, t, v)
  if SLOT[t.kind] or check.RANGE[t.kind] then return v end
  if t.kind == 'bool' then return ('(%s and 1 or 0)'):format(v) end
  if t.kind == 'char' then return ('code_of(%s)'):format(v) end
  if t.kind == 'enum' then
    check.expression(e, t, v)
    return ('(%s[%s] - 1)'):format(e:constant(t.numbers), v)
  end
  if t.kind == 'flags' then return ('%s(%s)'):format(e:func(check.bits, t), v) end
  if t.kind == 'stream' or t.kind == 'future' then return ('(give_end(holder, %s, %s) or full())'):format(v, e:constant(t)) end
  if t.kind == 'own' then return ('(give(%s, %d) or full())'):format(v, t.resource) end
  if t.kind == 'borrow' then return ('(lend(%s%s) or full())'):format(v, t.tasks and ', ' .. t.resource or '') end
end

-- Statements that store the expression `v` at the address expression `at`.
local function store_text(e, t, v, at)
  local value = scalar(e, t, v)
  if value then
    local pointer = POINTER[t.kind] or DISC[t.size]
    return ('cast(%s, base + (%s))[0] = %s'):format(pointer, at, value)
  end
  if t.kind ~= 'string' and not BEHIND[t.kind] then return ('if not %s(%s, %s) then return false end'):format(e:func(store, t), v, at) end
  local b = block 'do'
  if t.kind == 'string' then
    b:put('local text = %s', v)
    b:put 'local p = alloc(#text, 1)'
    b:put 'if not p then return false end'
    b:put 'copy(base + p, text, #text)'
  else
    b:put('local p, n = %s(%s)', e:func(M.list, t), v)
    b:put 'if not p then return false end'
  end
  b:put('local q = cast(p32, base + (%s))', at)
  b:put('q[0], q[1] = p, %s', t.kind == 'string' and '#text' or 'n')
  return b:text()
end

-- Statements that lower the expression `v` to the slots from `slot` (an expression) on.
local function flat_text(e, t, v, slot)
  local value = scalar(e, t, v)
  if value then return ('io[%s].%s = %s'):format(slot, SLOT[t.kind] or 'u32', value) end
  if t.kind ~= 'string' and not BEHIND[t.kind] then return ('if not %s(%s, %s) then return false end'):format(e:func(flat, t), v, slot) end
  local b, length = block 'do', 'n'
  if t.kind == 'string' then
    length = '#text'
    b:put('local text = %s', v)
    b:put 'local p = alloc(#text, 1)'
    b:put 'if not p then return false end'
    b:put 'copy(base + p, text, #text)'
  else
    b:put('local p, n = %s(%s)', e:func(M.list, t), v)
    b:put 'if not p then return false end'
  end
  b:put('io[%s].u32, io[%s].u32 = p, %s', slot, plus(slot, 1), length)
  return b:text()
end
M.store_text, M.flat_text = store_text, flat_text

-- Lists are the same for both: a function(v) that gives pointer and length, or false.
M.list = { name = 'list', kinds = {} }
function M.list.kinds.list(e, t)
  local element = t.element
  local b = block 'function(v)'
  if element.kind == 'u8' then
    b:open 'if type(v) == "string" then'
    b:put 'local n = #v'
    b:put 'local p = alloc(n, 1)'
    b:put 'if not p then return false end'
    b:put 'copy(base + p, v, n)'
    b:put 'return p, n'
    b:close()
  end
  b:put 'local n = #v'
  if e.measure and layout.has_pointers(element) then
    e.batched = true
    b:put(batches.reserve(e.measure(e, t)))
  end
  b:put('local p = alloc(n * %d, %d)', element.size, element.align)
  b:put 'if not p then return false end'
  if POINTER[element.kind] then
    -- No call into the guest can move the memory in here.
    b:put('local q = cast(%s, base + p)', POINTER[element.kind])
    b:within('for i = 1, n do', 'q[i - 1] = rawget(v, i)')
  else
    b:open 'for i = 1, n do'
    b:put('local x, at = rawget(v, i), p + (i - 1) * %d', element.size)
    b:put(store_text(e, element, 'x', 'at'))
    b:close()
  end
  b:put 'return p, n'
  return b:text()
end

-- A map is a list of pairs, in the order in which the table gives them.
function M.list.kinds.map(e, t)
  local element = t.element
  local b = block 'function(v)'
  b:put 'local n = 0'
  b:within('for _ in next, v do', 'n = n + 1')
  b:put('local p = alloc(n * %d, %d)', element.size, element.align)
  b:put 'if not p then return false end'
  b:put('local at, stop = p, p + n * %d', element.size)
  b:open 'for name, x in next, v do'
  b:put 'if at == stop then break end'
  b:put 'local k = name'
  b:put(check.key_text(element.types[1]))
  b:put(store_text(e, element.types[1], 'k', 'at'))
  b:put(store_text(e, element.types[2], 'x', plus('at', element.offsets[2])))
  b:put('at = at + %d', element.size)
  b:close()
  b:put 'return p, n'
  return b:text()
end

-- The parts of a record or tuple: text that reads part i of `v` into the local `x`.
local function parts_of(t)
  local parts = {}
  if t.kind == 'record' then
    for i, field in ipairs(t.fields) do
      local other = field.name:gsub('-', '_')
      local again = other ~= field.name and ('\nif x == nil then x = rawget(v, %s) end'):format(quote(other)) or ''
      parts[i] = { type = field.type, read = ('x = rawget(v, %s)%s'):format(quote(field.name), again) }
    end
  else
    for i, part in ipairs(t.types) do
      parts[i] = { type = part, read = ('x = rawget(v, %d)'):format(i) }
    end
  end
  return parts
end

local function store_parts(e, t)
  local b = block 'function(v, at)'
  b:put 'local x'
  for i, part in ipairs(parts_of(t)) do
    b:put(part.read)
    b:put(store_text(e, part.type, 'x', plus('at', t.offsets[i])))
  end
  b:put 'return true'
  return b:text()
end
store.kinds.record, store.kinds.tuple = store_parts, store_parts

local function flat_parts(e, t)
  local b, slot = block 'function(v, s)', 0
  b:put 'local x'
  for _, part in ipairs(parts_of(t)) do
    b:put(part.read)
    b:put(flat_text(e, part.type, 'x', plus('s', slot)))
    slot = slot + #part.type.flat
  end
  b:put 'return true'
  return b:text()
end
flat.kinds.record, flat.kinds.tuple = flat_parts, flat_parts

-- Text that sets `c` (the case, from 1) and `p` (its payload) from `v`.
local function open_case(e, t)
  local b = block()
  if t.kind == 'option' then
    b:put 'local c, p = 2, v'
    b:open 'if v == nil or v == none then'
    b:put 'c = 1'
    b:turn 'else'
    local is_table = t.some.kind == 'option' and '' or 'type(v) == "table" and '
    b:put('if %sgetmetatable(v) == TAG then p = rawget(v, 1) end', is_table)
    b:close()
  elseif t.kind == 'result' then
    b:put 'local k, p = next(v)'
    b:put 'local c = k == "ok" and 1 or 2'
  else
    local all = {}
    for i, case in ipairs(t.cases) do
      all[case.name] = i
    end
    b:put 'local k, p = v, nil'
    b:put 'if type(v) == "table" then k, p = next(v) end'
    b:put('local c = %s[k]', e:constant(all))
  end
  return b:text()
end

-- Text of the branches over all cases with a payload, others falling through.
local function payloads(t, branch)
  local cases = {}
  for i, case in ipairs(t.cases) do
    cases[i] = { case = case, number = i }
  end
  return check.chain(cases, function(case) return case.type and branch(case.type) or '' end)
end

local function store_case(e, t)
  local b = block 'function(v, at)'
  b:put(open_case(e, t))
  b:put('cast(%s, base + at)[0] = c - 1', DISC[t.disc])
  b:put(payloads(t, function(type) return store_text(e, type, 'p', plus('at', t.payload)) end))
  b:put 'return true'
  return b:text()
end

local function flat_case(e, t)
  local b = block 'function(v, s)'
  b:put(open_case(e, t))
  b:put 'io[s].u32 = c - 1'
  -- Joined slots: an unused one is zero, a narrower value leaves the upper bits zero.
  for i = 1, #t.flat - 1 do
    b:put('io[s + %d].u64 = 0', i)
  end
  b:put(payloads(t, function(type) return flat_text(e, type, 'p', 's + 1') end))
  b:put 'return true'
  return b:text()
end

M.parts_of, M.open_case, M.payloads = parts_of, open_case, payloads

for _, kind in ipairs { 'variant', 'option', 'result' } do
  store.kinds[kind], flat.kinds[kind] = store_case, flat_case
end

--- The statements that lower all arguments a1..an: to flat slots, or to one tuple in memory.
---@param e Emitter
---@param sig table
---@return string
function M.arguments(e, sig)
  local b, slot = block(), 0
  if sig.spilled then
    b:put('local at = alloc(%d, %d)', sig.tuple.size, sig.tuple.align)
    b:put 'if not at then return false end'
  end
  for i, param in ipairs(sig.params) do
    if sig.spilled then
      b:put(store_text(e, param.type, 'a' .. i, plus('at', sig.tuple.offsets[i])))
    else
      b:put(flat_text(e, param.type, 'a' .. i, tostring(slot)))
      slot = slot + #param.type.flat
    end
  end
  if sig.spilled then b:put 'io[0].u32 = at' end
  return b:text()
end

return M
