-- Generates the code that says whether a Lua value fits a WIT type. It runs over all arguments before anything reaches
-- the guest, builds nothing, and calls no metamethod. The reason for a refusal is found afterwards, by explain.lua.

local layout = require 'lua.abi.layout'

local M = { name = 'check', kinds = {} }
local kinds = M.kinds

M.RANGE = {
  u8 = { 0, 255 },
  s8 = { -128, 127 },
  u16 = { 0, 65535 },
  s16 = { -32768, 32767 },
  u32 = { 0, 4294967295 },
  s32 = { -2147483648, 2147483647 },
}

-- An expression that is true when the expression `v` (a name) fits `t`. It may stand after `not`: comparisons are in parentheses.
function M.expression(e, t, v)
  local kind, range = t.kind, M.RANGE[t.kind]
  if range then
    return ('(type(%s) == "number" and %s >= %d and %s <= %d and %s %% 1 == 0 or wide(%s, %d, %d))'):format(
      v,
      v,
      range[1],
      v,
      range[2],
      v,
      v,
      range[1],
      range[2]
    )
  elseif kind == 'u64' then
    return ('(type(%s) == "number" and %s >= 0 and %s < 18446744073709551616 and %s %% 1 == 0 or wide_u64(%s))'):format(v, v, v, v, v)
  elseif kind == 's64' then
    return ('(type(%s) == "number" and %s >= -9223372036854775808 and %s < 9223372036854775808 and %s %% 1 == 0 or wide_s64(%s))'):format(
      v,
      v,
      v,
      v,
      v
    )
  elseif kind == 'bool' then
    return ('(type(%s) == "boolean")'):format(v)
  elseif kind == 'f32' or kind == 'f64' then
    return ('(type(%s) == "number")'):format(v)
  elseif kind == 'char' then
    return ('(type(%s) == "string" and code_of(%s) ~= nil)'):format(v, v)
  elseif kind == 'string' then
    return ('(type(%s) == "string" and #%s <= %d and string_is_utf8(%s))'):format(v, v, layout.MAX_BYTES, v)
  elseif kind == 'own' or kind == 'borrow' then
    return ('holds(%s, %d, %s)'):format(v, t.resource, tostring(kind == 'own'))
  end
  return ('%s(%s)'):format(e:func(M, t), v)
end

function kinds.record(e, t)
  local out = {}
  local function put(text, ...) out[#out + 1] = text:format(...) end
  put 'function(v)'
  put 'if type(v) ~= "table" or getmetatable(v) == TAG then return false end local k, x'
  for _, field in ipairs(t.fields) do
    put('x = rawget(v, %q)', field.name)
    local other = field.name:gsub('-', '_')
    if other ~= field.name then put('if x == nil then x = rawget(v, %q) end', other) end
    local fits = M.expression(e, field.type, 'x')
    -- The keys are counted by stepping through them once per field that is there: one more key is an unknown field.
    if field.type.kind == 'option' then
      put('if x ~= nil then if not %s then return false end k = next(v, k) end', fits)
    else
      put('if x == nil or not %s then return false end k = next(v, k)', fits)
    end
  end
  put 'return next(v, k) == nil end'
  return table.concat(out, '\n')
end

function kinds.list(e, t)
  local bytes = t.element.kind == 'u8'
  return table.concat({
    'function(v)',
    bytes and ('if type(v) == "string" then return #v <= %d end'):format(layout.MAX_BYTES) or '',
    'if type(v) ~= "table" or getmetatable(v) == TAG then return false end local n, tidy = 0, true',
    -- The keys come in order where the sequence lies in the array part of the table; holes and other keys show as a jump.
    'for k, x in next, v do n = n + 1',
    'if tidy then if k ~= n then tidy = false if not only_sequence(v) then return false end x = rawget(v, n) end else x = rawget(v, n) end',
    ('if not %s then return false end end'):format(M.expression(e, t.element, 'x')),
    ('return n <= %d end'):format(math.floor(layout.MAX_BYTES / t.element.size)),
  }, '\n')
end

function kinds.tuple(e, t)
  local out = { 'function(v) local k, x local tidy = true if type(v) ~= "table" or getmetatable(v) == TAG then return false end' }
  for i, part in ipairs(t.types) do
    out[#out + 1] = ('k = next(v, k) if k ~= %d and tidy then if not only_sequence(v) then return false end tidy = false end'):format(i)
    out[#out + 1] = ('x = rawget(v, %d) if x == nil or not %s then return false end'):format(i, M.expression(e, part, 'x'))
  end
  out[#out + 1] = 'return next(v, k) == nil end'
  return table.concat(out, '\n')
end

function kinds.option(e, t)
  if t.some.kind == 'option' then
    local fits = M.expression(e, t.some, 'v')
    return (
      'function(v) if v == nil or v == none then return true end '
      .. 'if getmetatable(v) == TAG then v = rawget(v, 1) end return %s end'
    ):format(fits)
  end
  return ([[function(v)
    if v == nil or v == none then return true end
    if type(v) == "table" and getmetatable(v) == TAG then v = rawget(v, 1) end
    return %s end]]):format(M.expression(e, t.some, 'v'))
end

-- The table case name -> number (from 1) of the cases with, or without, a payload.
function M.case_numbers(t, with_payload)
  local numbers = {}
  for i, case in ipairs(t.cases) do
    if (case.type ~= nil) == with_payload then numbers[case.name] = i end
  end
  return numbers
end

-- `branch(case)` per case with payload, as a chain of if statements on the local `c`; halves, so that many cases stay cheap.
function M.chain(cases, branch)
  local function range(from, to)
    if from > to then return '' end
    if from == to then return branch(cases[from].case, cases[from].number) end
    local middle = math.floor((from + to) / 2)
    return ('if c <= %d then %s else %s end'):format(cases[middle].number, range(from, middle), range(middle + 1, to))
  end
  return range(1, #cases)
end

-- The cases with a payload, as {case =, number =} in order.
function M.with_payload(t)
  local cases = {}
  for i, case in ipairs(t.cases) do
    if case.type then cases[#cases + 1] = { case = case, number = i } end
  end
  return cases
end

function kinds.variant(e, t)
  local cases = M.with_payload(t)
  return table.concat({
    'function(v)',
    ('if type(v) == "string" then return %s[v] ~= nil end'):format(e:constant(M.case_numbers(t, false))),
    'if type(v) ~= "table" or getmetatable(v) == TAG then return false end',
    ('local k, p = next(v) local c = %s[k] if c == nil or next(v, k) ~= nil then return false end'):format(
      e:constant(M.case_numbers(t, true))
    ),
    M.chain(cases, function(case) return 'return ' .. M.expression(e, case.type, 'p') end),
    #cases == 0 and 'return false' or '',
    'end',
  }, '\n')
end

function kinds.result(e, t)
  local function side(type) return type and M.expression(e, type, 'p') or 'p == true' end
  return ([[function(v)
    if type(v) ~= "table" or getmetatable(v) == TAG then return false end
    local k, p = next(v) if next(v, k) ~= nil then return false end
    if k == "ok" then return %s elseif k == "err" then return %s end return false end]]):format(side(t.ok), side(t.err))
end

function kinds.enum(e, t)
  local names = {}
  for i, name in ipairs(t.names) do
    names[name] = i
  end
  t.numbers = names
  return ('function(v) return type(v) == "string" and %s[v] ~= nil end'):format(e:constant(names))
end

-- The bits of a flags value, given as {read = true} or {"read"}; nil when it does not fit.
M.bits = { name = 'bits', kinds = {} }
function M.bits.kinds.flags(e, t)
  local bits = {}
  for i, name in ipairs(t.names) do
    bits[name] = 2 ^ (i - 1)
  end
  local out = {
    'function(v) if type(v) ~= "table" or getmetatable(v) == TAG then return nil end',
    ('if rawget(v, 1) ~= nil then return listed_bits(v, %s) end local sum, k, x = 0'):format(e:constant(bits)),
  }
  -- One step per flag and no loop, so that a loop around the call stays one trace. As in a record, each flag that is there is
  -- one key less.
  for _, name in ipairs(t.names) do
    out[#out + 1] = (
      'x = rawget(v, %q) if x ~= nil then if x == true then sum = sum + %d elseif x ~= false then return nil end '
      .. 'k = next(v, k) end'
    ):format(name, bits[name])
  end
  out[#out + 1] = 'if next(v, k) ~= nil then return nil end return sum end'
  return table.concat(out, '\n')
end

function kinds.flags(e, t) return ('function(v) return %s(v) ~= nil end'):format(e:func(M.bits, t)) end

return M
