-- Generates the code that lifts a guest's results to Lua values: from memory (`load`) and from a flat core value.
-- What a guest hands over is checked before it is used: alignment, bounds, discriminants, chars, UTF-8, handles. A wrong
-- value sets `fault` to a sentence and gives a stand-in; the caller looks at `fault` when it is done.
-- Source: CanonicalABI.md, "Loading" and "Flat Lifting".

local check = require 'lua.abi.check'
local lower = require 'lua.abi.lower'

local M = {}

local plus, POINTER, SLOT, DISC = lower.plus, lower.POINTER, lower.SLOT, lower.DISC

-- Where a value stands decides what an absent option is: nil in a record or as a result, `none` where a length counts.
local load = { name = 'load', kinds = {} }

local NARROW = { u8 = 'band(%s, 255)', u16 = 'band(%s, 65535)', s8 = 'arshift(lshift(%s, 24), 24)', s16 = 'arshift(lshift(%s, 16), 16)' }

-- An expression for a scalar, from the expression `raw` of its core value or its bytes; nil when `t` is no scalar.
local function scalar(e, t, raw)
  local kind = t.kind
  if kind == 'u64' then return ('unsigned(%s)'):format(raw) end
  if kind == 's64' then return ('signed(%s)'):format(raw) end
  if POINTER[kind] then return raw end
  if kind == 'bool' then return ('(%s ~= 0)'):format(raw) end
  if kind == 'char' then return ('(char_of(%s) or wrong("", "is not a character"))'):format(raw) end
  if kind == 'enum' then return ('(%s[%s + 1] or wrong("", "is no case of the enum"))'):format(e:constant(t.names), raw) end
  if kind == 'flags' then return ('%s(%s)'):format(e:func(load, t), raw) end
  if kind == 'own' then return ('(take(holder, %d, %s) or wrong("", "is no handle of the guest"))'):format(t.resource, raw) end
  -- Among the arguments of a function that a guest imports.
  if kind == 'borrow' then return ('(reach(holder, %d, %s) or wrong("", "is no handle of the guest"))'):format(t.resource, raw) end
end

-- The expression that loads `t` from the address expression `at`; `inside` is true in lists and tuples.
local function load_text(e, t, at, inside)
  if t.kind == 'f32' or t.kind == 'f64' then return ('%s_at(base + (%s))'):format(t.kind, at) end
  local pointer = POINTER[t.kind]
    or (
      (t.kind == 'bool' or t.kind == 'enum' or t.kind == 'flags' or t.kind == 'char' or t.kind == 'own' or t.kind == 'borrow')
      and DISC[t.size]
    )
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
    return ('%s'):format(M.named(e, t, ('{[%q] = %s}'):format(t.fields[1].name, flat_text(e, t.fields[1].type))))
  elseif t.kind == 'tuple' then
    return ('{%s}'):format(flat_text(e, t.types[1]))
  end
  -- A variant, option or result whose cases have no payload that takes a slot.
  local names = {}
  for i, case in ipairs(t.cases) do
    names[i] = case.name
  end
  if t.kind == 'result' then
    return '(io[0].u32 == 0 and {ok = true} or io[0].u32 == 1 and {err = true} or wrong("", "is no case of the result"))'
  end
  return ('(%s[io[0].u32 + 1] or wrong("", "is no case of the variant"))'):format(e:constant(names))
end
M.load_text, M.flat_text, M.scalar, M.NARROW = load_text, flat_text, scalar, NARROW

-- The metatable that lets `tag-count` be read as `tag_count` too, or nil when all names of the record are Lua names.
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

function M.named(e, t, text)
  local meta = M.alias_meta(t)
  return meta and ('setmetatable(%s, %s)'):format(text, e:constant(meta)) or text
end

-- Past so many fields the values don't fit a function's locals, and the table is filled field by field.
local MOST_AT_ONCE = 60

function load.kinds.record(e, t)
  local out, parts = { 'function(at)' }, {}
  local many = #t.fields > MOST_AT_ONCE
  if many then out[2] = ('local r = new(0, %d)'):format(#t.fields) end
  for i, field in ipairs(t.fields) do
    local text = load_text(e, field.type, plus('at', t.offsets[i]))
    if many then
      out[#out + 1] = ('r[%q] = %s'):format(field.name, text)
    else
      out[#out + 1] = ('local x%d = %s'):format(i, text)
      parts[i] = ('[%q] = x%d'):format(field.name, i)
    end
  end
  out[#out + 1] = ('return %s end'):format(M.named(e, t, many and 'r' or '{' .. table.concat(parts, ', ') .. '}'))
  return table.concat(out, '\n')
end

function load.kinds.tuple(e, t)
  local out = { ('function(at) local r = new(%d, 0)'):format(#t.types) }
  for i, part in ipairs(t.types) do
    out[#out + 1] = ('r[%d] = %s'):format(i, load_text(e, part, plus('at', t.offsets[i]), true))
  end
  out[#out + 1] = 'return r end'
  return table.concat(out, '\n')
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
  if kind == 'string' or kind == 'list' then
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

-- The statements that load the `n` elements of a list at `p`.
function M.elements(e, t)
  local size, align = t.element.size, t.element.align
  local fill
  if t.element.kind == 'f64' then
    -- See numbers.f64_at.
    fill = [[local q, words = cast(pf64, base + p), cast(pi32, base + p)
      for i = 1, n do
        if band(words[2 * i - 1] + 524288, -524288) == 0 then r[i] = NAN else r[i] = q[i - 1] end
      end]]
  elseif t.element.kind == 'f32' then
    fill = [[local q, words = cast(pf32, base + p), cast(pi32, base + p)
      for i = 1, n do
        local bits = words[i - 1]
        if bits > -8388608 and bits < 0 then r[i] = NAN else r[i] = q[i - 1] end
      end]]
  elseif POINTER[t.element.kind] and t.element.kind ~= 'u64' and t.element.kind ~= 's64' then
    fill = ('local q = cast(%s, base + p) for i = 1, n do r[i] = q[i - 1] end'):format(POINTER[t.element.kind])
  else
    fill = ('for i = 1, n do r[i] = %s end'):format(load_text(e, t.element, ('p + (i - 1) * %d'):format(size), true))
  end
  return ([[if p + n * %d > limit then return wrong({}, "is a list outside the guest's memory") end
    if p %% %d ~= 0 then return wrong({}, "is a list at an address that is not a multiple of %d") end
    if n * %d > MAX_BYTES then return wrong({}, "is a list that is longer than any may be") end
    budget = budget - n * %d if budget < 0 then return wrong({}, "takes more memory than a result may") end
    local r = new(n, 0) %s
    return r end]]):format(size, align, align, size, 8 + cost(t.element), fill)
end

function load.kinds.list(e, t)
  if t.element.kind == 'u8' then return 'function(at) return bytes_at(at) end' end
  return 'function(at)\n    local q = cast(p32, base + at) local p, n = q[0], q[1]\n    ' .. M.elements(e, t)
end

function load.kinds.flags(e, t)
  local out = { 'function(bits) local r = {}' }
  for i, name in ipairs(t.names) do
    out[#out + 1] = ('if band(bits, 0x%x) ~= 0 then r[%q] = true end'):format(2 ^ (i - 1), name)
  end
  out[#out + 1] = 'return r end'
  return table.concat(out, '\n')
end

function load.kinds.option(e, t, variant)
  local none = variant == 'inside' and 'none' or 'nil'
  local some = load_text(e, t.some, plus('at', t.payload), t.some.kind == 'option')
  if t.some.kind == 'option' then some = ('some(%s)'):format(some) end
  return ([[function(at)
    local d = base[at]
    if d == 0 then return %s elseif d == 1 then return %s end
    return wrong(%s, "is no case of the option") end]]):format(none, some, none)
end

-- `case(i, case)` per case number, as branches on the local `d` (from 0).
local function load_cases(e, t, branch)
  local cases = {}
  for i, case in ipairs(t.cases) do
    cases[i] = { case = case, number = i }
  end
  return table.concat({
    'function(at)',
    ('local c = cast(%s, base + at)[0] + 1'):format(DISC[t.disc]),
    ('if c > %d then return wrong("", "is no case of the %s") end'):format(#t.cases, t.kind),
    check.chain(cases, branch),
    'end',
  }, '\n')
end

function load.kinds.variant(e, t)
  return load_cases(e, t, function(case)
    if not case.type then return ('return %q'):format(case.name) end
    return ('return {[%q] = %s}'):format(case.name, load_text(e, case.type, plus('at', t.payload), true))
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

-- The statements that lift the function's result into the locals `value` and `problem` (the payload of an err side, or
-- nil) and `failed` (whether it is an err side). `ret` is the address of a result in memory. `pair` is false when a result
-- type shall stay a table.
function M.result(e, sig, pair)
  local t = sig.result
  if not t then return '' end
  if t.kind == 'result' and pair then
    local function side(type) return type and load_text(e, type, plus('ret', t.payload)) or 'nil' end
    if sig.in_memory then
      return (
        'local d = cast(%s, base + ret)[0] if d == 0 then value = %s elseif d == 1 then failed = true problem = %s '
        .. 'else wrong(nil, "is no case of the result") end'
      ):format(DISC[t.disc], side(t.ok), side(t.err))
    end
    return 'if io[0].u32 == 1 then failed = true elseif io[0].u32 ~= 0 then wrong(nil, "is no case of the result") end'
  end
  if sig.in_memory then return 'value = ' .. load_text(e, t, 'ret') end
  return 'value = ' .. flat_text(e, t)
end

return M
