-- Generates the code that says whether a Lua value fits a WIT type. It runs over all arguments before anything reaches
-- the guest, builds nothing, and calls no metamethod. The reason for a refusal is found afterwards, by explain.lua.

local emitter = require 'lua.abi.emitter'
local layout = require 'lua.abi.layout'

local block, quote = emitter.block, emitter.quote

local M = { name = 'check', kinds = {} }
local kinds = M.kinds

local NO_TABLE = 'if type(v) ~= "table" or getmetatable(v) == TAG then return false end'

M.RANGE = {
  u8 = { 0, 255 },
  s8 = { -128, 127 },
  u16 = { 0, 65535 },
  s16 = { -32768, 32767 },
  u32 = { 0, 4294967295 },
  s32 = { -2147483648, 2147483647 },
}

--- The widest range in which each integer is a number of its own.
M.EXACT = 2 ^ 53

--- An expression that is true when the expression `v` (a name) fits `t`. It may stand after `not`: comparisons are in parentheses.
---@param e Emitter
---@param t table a laid out type
---@param v string
---@return string
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
  elseif kind == 'stream' or kind == 'future' then
    return ('holds_end(%s, %s)'):format(v, e:constant(t))
  elseif kind == 'own' or kind == 'borrow' then
    return ('holds(%s, %d, %s)'):format(v, t.resource, tostring(kind == 'own'))
  end
  return ('%s(%s)'):format(e:func(M, t), v)
end

function kinds.record(e, t)
  local b = block 'function(v)'
  b:put(NO_TABLE)
  b:put 'local k, x'
  for _, field in ipairs(t.fields) do
    b:put('x = rawget(v, %s)', quote(field.name))
    local other = field.name:gsub('-', '_')
    if other ~= field.name then b:within('if x == nil then', ('x = rawget(v, %s)'):format(quote(other))) end
    local fits = M.expression(e, field.type, 'x')
    -- The keys are counted by stepping through them once per field that is there: one more key is an unknown field.
    if field.type.kind == 'option' then
      b:open 'if x ~= nil then'
      b:within(('if not %s then'):format(fits), 'return false')
      b:put 'k = next(v, k)'
      b:close()
    else
      b:within(('if x == nil or not %s then'):format(fits), 'return false')
      b:put 'k = next(v, k)'
    end
  end
  b:put 'return next(v, k) == nil'
  return b:text()
end

function kinds.list(e, t)
  local b = block 'function(v)'
  if t.element.kind == 'u8' then b:within('if type(v) == "string" then', ('return #v <= %d'):format(layout.MAX_BYTES)) end
  b:put(NO_TABLE)
  b:put 'local n, tidy = 0, true'
  -- The keys come in order where the sequence lies in the array part of the table; holes and other keys show as a jump.
  b:open 'for k, x in next, v do'
  b:put 'n = n + 1'
  b:open 'if tidy then'
  b:open 'if k ~= n then'
  b:put 'tidy = false'
  b:within('if not only_sequence(v) then', 'return false')
  b:put 'x = rawget(v, n)'
  b:close()
  b:turn 'else'
  b:put 'x = rawget(v, n)'
  b:close()
  b:within(('if not %s then'):format(M.expression(e, t.element, 'x')), 'return false')
  b:close()
  b:put('return n <= %d', math.floor(layout.MAX_BYTES / t.element.size))
  return b:text()
end

M.INTEGERS = { u8 = true, s8 = true, u16 = true, s16 = true, u32 = true, s32 = true, u64 = true, s64 = true }

--- The statement that makes a key in `k` of one that is text, as JSON has them: '' for types whose keys are text.
---@param t table a laid out type
---@return string
function M.key_text(t)
  if not M.INTEGERS[t.kind] and t.kind ~= 'bool' then return '' end
  return 'if type(k) == "string" then k = key_of(k) end'
end

-- A key is found again only if equal keys are one key: a cdata never is, and a number no longer beyond 2^53.
local function key_expression(e, t)
  local fits = M.expression(e, t, 'k')
  if M.INTEGERS[t.kind] then return ('(type(k) == "number" and k >= -%.0f and k <= %.0f and %s)'):format(M.EXACT, M.EXACT, fits) end
  return fits
end

function kinds.map(e, t)
  local key, value = t.element.types[1], t.element.types[2]
  local b = block 'function(v)'
  b:put(NO_TABLE)
  b:put 'local n = 0'
  b:open 'for name, x in next, v do'
  b:put 'local k = name'
  b:put 'n = n + 1'
  b:put(M.key_text(key))
  b:within(('if not %s then'):format(key_expression(e, key)), 'return false')
  b:within(('if not %s then'):format(M.expression(e, value, 'x')), 'return false')
  b:close()
  b:put('return n <= %d', layout.MOST_PAIRS)
  return b:text()
end

function kinds.tuple(e, t)
  local b = block 'function(v)'
  b:put 'local k, x'
  b:put 'local tidy = true'
  b:put(NO_TABLE)
  for i, part in ipairs(t.types) do
    b:put 'k = next(v, k)'
    b:open('if k ~= %d and tidy then', i)
    b:within('if not only_sequence(v) then', 'return false')
    b:put 'tidy = false'
    b:close()
    b:put('x = rawget(v, %d)', i)
    b:within(('if x == nil or not %s then'):format(M.expression(e, part, 'x')), 'return false')
  end
  b:put 'return next(v, k) == nil'
  return b:text()
end

function kinds.option(e, t)
  local b = block 'function(v)'
  b:put 'if v == nil or v == none then return true end'
  local is_table = t.some.kind == 'option' and '' or 'type(v) == "table" and '
  b:put('if %sgetmetatable(v) == TAG then v = rawget(v, 1) end', is_table)
  b:put('return %s', M.expression(e, t.some, 'v'))
  return b:text()
end

--- The table case name -> number (from 1) of the cases with, or without, a payload.
---@param t table a laid out type
---@param with_payload boolean
---@return table<string, integer>
function M.case_numbers(t, with_payload)
  local numbers = {}
  for i, case in ipairs(t.cases) do
    if (case.type ~= nil) == with_payload then numbers[case.name] = i end
  end
  return numbers
end

--- `branch(case)` per case with payload, as a chain of if statements on the local `c`; halves, so that many cases stay cheap.
---@param cases {case: table, number: integer}[]
---@param branch fun(case: table, number: integer): string
---@return string
function M.chain(cases, branch)
  local b = block()
  local function range(from, to)
    if from > to then return end
    if from == to then return b:put(branch(cases[from].case, cases[from].number)) end
    local middle = math.floor((from + to) / 2)
    b:open('if c <= %d then', cases[middle].number)
    range(from, middle)
    b:turn 'else'
    range(middle + 1, to)
    b:close()
  end
  range(1, #cases)
  return b:text()
end

--- The cases with a payload, as {case =, number =} in order.
---@param t table a laid out type
---@return {case: table, number: integer}[]
function M.with_payload(t)
  local cases = {}
  for i, case in ipairs(t.cases) do
    if case.type then cases[#cases + 1] = { case = case, number = i } end
  end
  return cases
end

function kinds.variant(e, t)
  local cases, b = M.with_payload(t), block 'function(v)'
  b:within('if type(v) == "string" then', ('return %s[v] ~= nil'):format(e:constant(M.case_numbers(t, false))))
  b:put(NO_TABLE)
  b:put 'local k, p = next(v)'
  b:put('local c = %s[k]', e:constant(M.case_numbers(t, true)))
  b:put 'if c == nil or next(v, k) ~= nil then return false end'
  b:put(M.chain(cases, function(case) return 'return ' .. M.expression(e, case.type, 'p') end))
  if #cases == 0 then b:put 'return false' end
  return b:text()
end

function kinds.result(e, t)
  local function side(type) return 'return ' .. (type and M.expression(e, type, 'p') or 'p == true') end
  local b = block 'function(v)'
  b:put(NO_TABLE)
  b:put 'local k, p = next(v)'
  b:put 'if next(v, k) ~= nil then return false end'
  b:open 'if k == "ok" then'
  b:put(side(t.ok))
  b:turn 'elseif k == "err" then'
  b:put(side(t.err))
  b:close()
  b:put 'return false'
  return b:text()
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
  local b = block 'function(v)'
  b:put 'if type(v) ~= "table" or getmetatable(v) == TAG then return nil end'
  b:put('if rawget(v, 1) ~= nil then return listed_bits(v, %s) end', e:constant(bits))
  b:put 'local sum, k, x = 0'
  -- One step per flag and no loop, so that a loop around the call stays one trace. As in a record, each flag that is there is
  -- one key less.
  for _, name in ipairs(t.names) do
    b:put('x = rawget(v, %s)', quote(name))
    b:open 'if x ~= nil then'
    b:put('if x == true then sum = sum + %d elseif x ~= false then return nil end', bits[name])
    b:put 'k = next(v, k)'
    b:close()
  end
  b:put 'if next(v, k) ~= nil then return nil end'
  b:put 'return sum'
  return b:text()
end

function kinds.flags(e, t) return ('function(v) return %s(v) ~= nil end'):format(e:func(M.bits, t)) end

return M
