-- Generates the code that lifts a guest's results to Lua values: from memory (`load`) and from a flat core value.
-- What a guest hands over is checked before it is used: alignment, bounds, discriminants, chars, UTF-8, handles. A wrong
-- value sets `fault` to a sentence and gives a stand-in; the caller looks at `fault` when it is done.
-- Source: CanonicalABI.md, "Loading" and "Flat Lifting".

local check = require 'lua.abi.check'
local emitter = require 'lua.abi.emitter'
local layout = require 'lua.abi.layout'
local lower = require 'lua.abi.lower'

local M = {}

local block, quote = emitter.block, emitter.quote
local plus, POINTER, SLOT, DISC = lower.plus, lower.POINTER, lower.SLOT, lower.DISC

-- Where a value stands decides what an absent option is: nil in a record or as a result, `none` where a length counts.
local load = { name = 'load', kinds = {} }

local NARROW = { u8 = 'band(%s, 255)', u16 = 'band(%s, 65535)', s8 = 'arshift(lshift(%s, 24), 24)', s16 = 'arshift(lshift(%s, 16), 16)' }

-- An expression for a scalar, from the expression `raw` of its core value or its bytes; nil when `t` is not a scalar.
local function scalar(e, t, raw)
  local kind = t.kind
  if kind == 'u64' then return ('unsigned(%s)'):format(raw) end
  if kind == 's64' then return ('signed(%s)'):format(raw) end
  if POINTER[kind] then return raw end
  if kind == 'bool' then return ('(%s ~= 0)'):format(raw) end
  if kind == 'char' then return ('(char_of(%s) or wrong("", "is not a character"))'):format(raw) end
  if kind == 'enum' then return ('(%s[%s + 1] or wrong("", "is not a case of the enum"))'):format(e:constant(t.names), raw) end
  if kind == 'flags' then return ('%s(%s)'):format(e:func(load, t), raw) end
  if kind == 'stream' or kind == 'future' then
    return ('(take_end(holder, %s, %s) or wrong("", "is not a readable end of the guest"))'):format(e:constant(t), raw)
  end
  if kind == 'own' then return ('(take(holder, %d, %s) or wrong("", "is not a handle of the guest"))'):format(t.resource, raw) end
  -- Among the arguments of a function that a guest imports.
  if kind == 'borrow' then return ('(reach(holder, %d, %s) or wrong("", "is not a handle of the guest"))'):format(t.resource, raw) end
end

-- What is loaded as one number and then looked up.
local WORDS = { bool = true, enum = true, flags = true, char = true, own = true, borrow = true, stream = true, future = true }

-- The expression that loads `t` from the address expression `at`; `inside` is true in lists and tuples.
local function load_text(e, t, at, inside)
  if t.kind == 'f32' or t.kind == 'f64' then return ('%s_at(base + (%s))'):format(t.kind, at) end
  local pointer = POINTER[t.kind] or (WORDS[t.kind] and DISC[t.size])
  local value = scalar(e, t, ('cast(%s, base + (%s))[0]'):format(pointer, at))
  if value then return value end
  if t.kind == 'string' then return ('string_at(%s)'):format(at) end
  return ('%s(%s)'):format(e:func(load, t, t.kind == 'option' and inside and 'inside' or nil), at)
end

-- The expression that lifts `t`, which is one flat value, from `io[0]`.
local function flat_text(e, t)
  if t.kind == 'f32' or t.kind == 'f64' then return ('%s_at(io)'):format(t.kind) end
  local slot = SLOT[t.kind] or 'u32'
  local raw = ('io[0].%s'):format(slot)
  if NARROW[t.kind] then raw = NARROW[t.kind]:format(raw) end
  local value = scalar(e, t, raw)
  if value then return value end
  if t.kind == 'record' then
    return ('%s'):format(M.named(e, t, ('{[%s] = %s}'):format(quote(t.fields[1].name), flat_text(e, t.fields[1].type))))
  elseif t.kind == 'tuple' then
    return ('{%s}'):format(flat_text(e, t.types[1]))
  end
  -- A variant, option or result whose cases have no payload that takes a slot.
  local names = {}
  for i, case in ipairs(t.cases) do
    names[i] = case.name
  end
  if t.kind == 'result' then
    return '(io[0].u32 == 0 and {ok = true} or io[0].u32 == 1 and {err = true} or wrong("", "is not a case of the result"))'
  end
  return ('(%s[io[0].u32 + 1] or wrong("", "is not a case of the variant"))'):format(e:constant(names))
end
M.load_text, M.flat_text, M.scalar, M.NARROW = load_text, flat_text, scalar, NARROW

--- The metatable that lets `tag-count` be read as `tag_count` too, or nil when all names of the record are Lua names.
---@param t table a laid out type
---@return table?
function M.alias_meta(t)
  local others = {}
  for _, field in ipairs(t.fields) do
    local other = field.name:gsub('-', '_')
    if other ~= field.name then others[other] = field.name end
  end
  if next(others) == nil then return nil end
  return {
    __metatable = 'record',
    __index = function(record, key)
      local name = others[key]
      return name and rawget(record, name)
    end,
  }
end

---@param e Emitter
---@param t table a laid out type
---@param text string an expression for the record
---@return string
function M.named(e, t, text)
  local meta = M.alias_meta(t)
  return meta and ('setmetatable(%s, %s)'):format(text, e:constant(meta)) or text
end

-- Past so many fields the values don't fit a function's locals, and the table is filled field by field.
local MOST_AT_ONCE = 60

function load.kinds.record(e, t)
  local b, parts = block 'function(at)', {}
  local many = #t.fields > MOST_AT_ONCE
  if many then b:put('local r = new(0, %d)', #t.fields) end
  for i, field in ipairs(t.fields) do
    local text = load_text(e, field.type, plus('at', t.offsets[i]))
    if many then
      b:put('r[%s] = %s', quote(field.name), text)
    else
      b:put('local x%d = %s', i, text)
      parts[i] = ('[%s] = x%d'):format(quote(field.name), i)
    end
  end
  b:put('return %s', M.named(e, t, many and 'r' or '{' .. table.concat(parts, ', ') .. '}'))
  return b:text()
end

function load.kinds.tuple(e, t)
  local b = block 'function(at)'
  b:put('local r = new(%d, 0)', #t.types)
  for i, part in ipairs(t.types) do
    b:put('r[%d] = %s', i, load_text(e, part, plus('at', t.offsets[i]), true))
  end
  b:put 'return r'
  return b:text()
end

local function table_bytes(count)
  if count == 0 then return 48 end
  return 48 + 24 * 2 ^ math.ceil(math.log(count) / math.log(2))
end

-- About how many bytes of Lua memory a value of type `t` takes beyond the slot it stands in, without the contents of strings
-- and lists, which are counted when they are loaded.
local function cost(t)
  if not t then return 0 end
  if t.cost then return t.cost end
  local kind, bytes = t.kind, 0
  if kind == 'string' or kind == 'list' or kind == 'map' then
    bytes = 48
  elseif kind == 'u64' or kind == 's64' then
    bytes = 24
  elseif kind == 'own' then
    bytes = 256
  elseif kind == 'flags' then
    bytes = table_bytes(#t.names)
  elseif kind == 'option' then
    bytes = cost(t.some) + (t.some.kind == 'option' and 64 or 0)
  elseif kind == 'record' then
    bytes = table_bytes(#t.fields)
    for _, field in ipairs(t.fields) do
      bytes = bytes + cost(field.type)
    end
  elseif kind == 'tuple' then
    bytes = 48 + 8 * #t.types
    for _, part in ipairs(t.types) do
      bytes = bytes + cost(part)
    end
  elseif kind == 'variant' or kind == 'result' then
    for _, case in ipairs(t.cases) do
      bytes = math.max(bytes, cost(case.type))
    end
    bytes = bytes + table_bytes(1)
  end
  t.cost = bytes
  return bytes
end

-- The statements that fill the list `r` with `n` elements from `p` on.
local function fill(b, e, t)
  local kind = t.element.kind
  if kind == 'f64' or kind == 'f32' then
    -- See numbers.f64_at.
    b:put('local q, words = cast(p%s, base + p), cast(pi32, base + p)', kind)
    b:open 'for i = 1, n do'
    if kind == 'f32' then b:put 'local bits = words[i - 1]' end
    local is_odd = kind == 'f64' and 'band(words[2 * i - 1] + 524288, -524288) == 0' or 'bits > -8388608 and bits < 0'
    b:put('if %s then r[i] = NAN else r[i] = q[i - 1] end', is_odd)
    b:close()
  elseif POINTER[kind] and kind ~= 'u64' and kind ~= 's64' then
    b:put('local q = cast(%s, base + p)', POINTER[kind])
    b:within('for i = 1, n do', 'r[i] = q[i - 1]')
  else
    local element = load_text(e, t.element, ('p + (i - 1) * %d'):format(t.element.size), true)
    b:within('for i = 1, n do', ('r[i] = %s'):format(element))
  end
end

--- The statements that load the list of `n` elements at `p`, and return it.
---@param e Emitter
---@param t table a laid out type
---@return string
function M.elements(e, t)
  local size, align, b = t.element.size, t.element.align, block()
  b:put('if p + n * %d > limit then return wrong({}, "is a list outside the guest\'s memory") end', size)
  b:put('if p %% %d ~= 0 then return wrong({}, "is a list at an address that is not a multiple of %d") end', align, align)
  b:put('if n * %d > MAX_BYTES then return wrong({}, "is a list that is longer than any may be") end', size)
  b:put('budget = budget - n * %d', 8 + cost(t.element))
  b:put 'if budget < 0 then return wrong({}, "takes more memory than a value may") end'
  b:put 'local r = new(n, 0)'
  fill(b, e, t)
  b:put 'return r'
  return b:text()
end

function load.kinds.list(e, t)
  if t.element.kind == 'u8' then return 'function(at) return bytes_at(at) end' end
  local b = block 'function(at)'
  b:put 'local q = cast(p32, base + at)'
  b:put 'local p, n = q[0], q[1]'
  b:put(M.elements(e, t))
  return b:text()
end

-- Bytes of a table for each pair, where it has just grown; and what a step along a chain of keys counts as.
local PAIR, STEP = 48, 8

local INTEGER64 = { u64 = true, s64 = true }

--- The statements that load the map of `n` pairs at `p`, and return it. The last of two pairs with the same key stays.
---@param e Emitter
---@param t table a laid out type
---@return string
function M.pairs(e, t)
  local element, b = t.element, block()
  local key, value = element.types[1], element.types[2]
  b:put('if p + n * %d > limit then return wrong({}, "is a map outside the guest\'s memory") end', element.size)
  b:put('if p %% %d ~= 0 then return wrong({}, "is a map at an address that is not a multiple of %d") end', element.align, element.align)
  b:put('if n > %d then return wrong({}, "is a map of more than %d pairs") end', layout.MOST_PAIRS, layout.MOST_PAIRS)
  b:put('budget = budget - n * %d', PAIR + cost(key) + cost(value))
  b:put 'if budget < 0 then return wrong({}, "takes more memory than a value may") end'
  b:put 'local r, at = new_map(n), p'
  local numbered = check.INTEGERS[key.kind]
  if numbered then b:put 'local counts, mask = chains(n)' end
  b:open 'for _ = 1, n do'
  b:put('local k, x = %s, %s', load_text(e, key, 'at', true), load_text(e, value, plus('at', element.offsets[2]), true))
  if INTEGER64[key.kind] then
    b:open 'if type(k) ~= "number" then'
    b:put 'return wrong({}, "is a map with a key beyond 2^53, which no key of a Lua table can be: use list<tuple<K, V>> in the WIT")'
    b:close()
  end
  b:put 'if fault then return r end'
  if numbered then
    b:put('budget = budget - %d * crowd(r, k, counts, mask)', STEP)
    b:put 'if budget < 0 then return wrong({}, "is a map whose keys take too long to store") end'
  end
  b:put('r[k], at = x, at + %d', element.size)
  b:close()
  b:put 'return r'
  return b:text()
end

function load.kinds.map(e, t)
  local b = block 'function(at)'
  b:put 'local q = cast(p32, base + at)'
  b:put 'local p, n = q[0], q[1]'
  b:put(M.pairs(e, t))
  return b:text()
end

function load.kinds.flags(e, t)
  local b = block 'function(bits)'
  b:put 'local r = {}'
  for i, name in ipairs(t.names) do
    b:put('if band(bits, 0x%x) ~= 0 then r[%s] = true end', 2 ^ (i - 1), quote(name))
  end
  b:put 'return r'
  return b:text()
end

function load.kinds.option(e, t, variant)
  local none = variant == 'inside' and 'none' or 'nil'
  local some = load_text(e, t.some, plus('at', t.payload), t.some.kind == 'option')
  if t.some.kind == 'option' then some = ('some(%s)'):format(some) end
  local b = block 'function(at)'
  b:put 'local d = base[at]'
  b:open 'if d == 0 then'
  b:put('return %s', none)
  b:turn 'elseif d == 1 then'
  b:put('return %s', some)
  b:close()
  b:put('return wrong(%s, "is not a case of the option")', none)
  return b:text()
end

-- `case(i, case)` per case number, as branches on the local `d` (from 0).
local function load_cases(e, t, branch)
  local cases = {}
  for i, case in ipairs(t.cases) do
    cases[i] = { case = case, number = i }
  end
  local b = block 'function(at)'
  b:put('local c = cast(%s, base + at)[0] + 1', DISC[t.disc])
  b:put('if c > %d then return wrong("", "is not a case of the %s") end', #t.cases, t.kind)
  b:put(check.chain(cases, branch))
  return b:text()
end

function load.kinds.variant(e, t)
  return load_cases(e, t, function(case)
    if not case.type then return ('return %s'):format(quote(case.name)) end
    return ('return {[%s] = %s}'):format(quote(case.name), load_text(e, case.type, plus('at', t.payload), true))
  end)
end

function load.kinds.result(e, t)
  return load_cases(
    e,
    t,
    function(case)
      return ('return {%s = %s}'):format(case.name, case.type and load_text(e, case.type, plus('at', t.payload), true) or 'true')
    end
  )
end

--- The statements that lift the function's result into the locals `value` and `problem` (the payload of an err side, or
-- nil) and `failed` (whether it is an err side). `ret` is the address of a result in memory. `pair` is false when a result
-- type shall stay a table.
---@param e Emitter
---@param sig table
---@param pair boolean?
---@return string
function M.result(e, sig, pair)
  local t = sig.result
  if not t then return '' end
  if t.kind == 'result' and pair then
    local function side(type) return type and load_text(e, type, plus('ret', t.payload)) or 'nil' end
    if sig.in_memory then
      local ok, err = side(t.ok), side(t.err)
      local b = block()
      b:put('local d = cast(%s, base + ret)[0]', DISC[t.disc])
      b:open 'if d == 0 then'
      b:put('value = %s', ok)
      b:turn 'elseif d == 1 then'
      b:put 'failed = true'
      b:put('problem = %s', err)
      b:turn 'else'
      b:put 'wrong(nil, "is not a case of the result")'
      b:close()
      return b:text()
    end
    return 'if io[0].u32 == 1 then failed = true elseif io[0].u32 ~= 0 then wrong(nil, "is not a case of the result") end'
  end
  if sig.in_memory then return 'value = ' .. load_text(e, t, 'ret') end
  return 'value = ' .. flat_text(e, t)
end

return M
