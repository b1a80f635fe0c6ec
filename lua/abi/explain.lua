-- Says in one sentence why arguments do not fit a signature. Runs only after the generated check refused them, so it
-- takes its time: it walks value and type together and stops at the first place that does not fit.

local check = require 'lua.abi.check'
local ffi = require 'ffi'
local handles = require 'lua.guest.handles'
local layout = require 'lua.abi.layout'
local maps = require 'lua.values.maps'
local nearest = require 'lua.values.nearest'
local numbers = require 'lua.abi.numbers'
local optional = require 'lua.values.optional'
local text = require 'lua.values.utf8'

local RANGE, EXACT = check.RANGE, check.EXACT

local M = {}

local kinds = {}
local MOST_SHOWN, MOST_SENTENCE = 40, 1000

local function shown(v)
  local kind = type(v)
  if kind == 'number' then return ('%.17g'):format(v) end
  if kind == 'string' then
    if #v > MOST_SHOWN then return ('a string of %d bytes'):format(#v) end
    return text.string_is_utf8(v) and not v:find '%c' and '"' .. v .. '"' or ('a string of %d bytes that is not plain text'):format(#v)
  end
  if kind == 'cdata' then return (tostring(v):gsub('U?LL$', '')) end
  if kind == 'boolean' or kind == 'nil' then return tostring(v) end
  if v == optional.none then return 'wit.none' end
  if getmetatable(v) == optional.TAG then return 'wit.some(...)' end
  return 'a ' .. kind
end

-- What a table holds where one key is expected.
local function keyed(v)
  local key = next(v)
  if key == nil then return 'an empty table' end
  return next(v, key) ~= nil and 'a table with several keys' or ('a table with the key %s'):format(shown(key))
end

local function expected(what, v) return ('expected %s, got %s'):format(what, shown(v)) end

-- Gives the path to the first misfit below `path` and what is wrong there, or nil.
local function find(t, v, path) return kinds[t.kind](t, v, path) end

local function integer(t, v, path)
  local range = RANGE[t.kind] or (t.kind == 'u64' and { 0, 18446744073709551615 }) or { -9223372036854775808, 9223372036854775807 }
  if type(v) == 'cdata' then
    if not (ffi.istype('int64_t', v) or ffi.istype('uint64_t', v)) then return path, expected('an integer', v) end
    local fits = RANGE[t.kind] and numbers.wide(v, range[1], range[2])
      or t.kind == 'u64' and numbers.wide_u64(v)
      or t.kind == 's64' and numbers.wide_s64(v)
    if not fits then return path, ('%s is out of range'):format(shown(v)) end
    return nil
  end
  if type(v) ~= 'number' then return path, expected('an integer', v) end
  if v ~= v or v % 1 ~= 0 and v ~= math.huge and v ~= -math.huge then return path, ('%s is not an integer'):format(shown(v)) end
  local high = RANGE[t.kind] and v <= range[2] or not RANGE[t.kind] and v < range[2]
  if v < range[1] or not high then return path, ('%s is out of range'):format(shown(v)) end
end
for _, kind in ipairs { 'u8', 's8', 'u16', 's16', 'u32', 's32', 'u64', 's64' } do
  kinds[kind] = integer
end

local function float(_, v, path)
  if type(v) ~= 'number' then return path, expected('a number', v) end
end
kinds.f32, kinds.f64 = float, float

function kinds.bool(_, v, path)
  if type(v) ~= 'boolean' then return path, expected('a boolean', v) end
end

function kinds.char(_, v, path)
  if type(v) ~= 'string' or not text.code_of(v) then return path, expected('a string of one character', v) end
end

function kinds.string(_, v, path)
  if type(v) ~= 'string' then return path, expected('a string', v) end
  if #v > layout.MAX_BYTES then return path, ('a string of %d bytes is too long'):format(#v) end
  if not text.string_is_utf8(v) then return path, 'the string is not valid UTF-8: for bytes the function needs a list<u8>' end
end

-- Says what is wrong with the keys of a table that should be a sequence.
local function misshapen(v)
  local n, count = #v, 0
  for key in next, v do
    count = count + 1
    if type(key) ~= 'number' then return ('expected a sequence, got a table with the key %s'):format(shown(key)) end
    if n == 0 then return ('expected a sequence, got a table with the key %s and nothing at 1'):format(shown(key)) end
    if key % 1 ~= 0 or key < 1 or key > n then return ('expected a sequence 1..%d, got a table with the key %s'):format(n, shown(key)) end
  end
  if count == n then return nil end
  local hole = 1
  while rawget(v, hole) ~= nil do
    hole = hole + 1
  end
  return ('expected a sequence, got a table with nothing at %d (write wit.none for an absent option)'):format(hole)
end

local function sequence(v, path)
  if type(v) ~= 'table' or getmetatable(v) == optional.TAG then return path, expected('a sequence', v) end
  local what = misshapen(v)
  if what then return path, what end
end

function kinds.list(t, v, path)
  local bytes = t.element.kind == 'u8'
  if bytes and type(v) == 'string' then
    if #v > layout.MAX_BYTES then return path, ('a string of %d bytes is too long'):format(#v) end
    return nil
  end
  if bytes and type(v) ~= 'table' then return path, expected('a string or a sequence of bytes', v) end
  local where, what = sequence(v, path)
  if where then return where, what end
  if #v > layout.MAX_BYTES / t.element.size then return path, ('a list of %d elements is too long'):format(#v) end
  for i = 1, #v do
    where, what = find(t.element, rawget(v, i), ('%s[%d]'):format(path, i))
    if where then return where, what end
  end
end

-- A key as it stands in a path.
local function at_key(path, key)
  if type(key) == 'string' and key:find '^[%a_][%w_]*$' and #key <= MOST_SHOWN then return path == '' and key or path .. '.' .. key end
  return ('%s[%s]'):format(path, shown(key))
end

local function key_misfit(t, key)
  if type(key) == 'string' and check.key_text(t) ~= '' then
    local meant = maps.key_of(key)
    if meant ~= nil then key = meant end
  end
  if type(key) == 'cdata' then return 'expected a number, got a 64-bit cdata, which no other key equals' end
  if type(key) == 'number' and RANGE[t.kind] == nil and check.INTEGERS[t.kind] and math.abs(key) > EXACT then
    return 'a number beyond 2^53 is no longer exact: use list<tuple<K, V>> in the WIT'
  end
  local _, what = find(t, key, '')
  return what
end

function kinds.map(t, v, path)
  if type(v) ~= 'table' or getmetatable(v) == optional.TAG then return path, expected('a table of keys and values', v) end
  local count, key, value = 0, t.element.types[1], t.element.types[2]
  for k, x in next, v do
    count = count + 1
    local what = key_misfit(key, k)
    if what then return path, ('the key %s: %s'):format(shown(k), what) end
    local where
    where, what = find(value, x, at_key(path, k))
    if where then return where, what end
  end
  if count > layout.MOST_PAIRS then return path, ('a map of %d pairs has too many: at most %d'):format(count, layout.MOST_PAIRS) end
end

function kinds.tuple(t, v, path)
  local where, what = sequence(v, path)
  if where then return where, what end
  if #v ~= #t.types then return path, ('expected %d elements, got %d (write wit.none for an absent one)'):format(#t.types, #v) end
  for i, part in ipairs(t.types) do
    where, what = find(part, rawget(v, i), ('%s[%d]'):format(path, i))
    if where then return where, what end
  end
end

local function dotted(path, name) return path == '' and name or path .. '.' .. name end

function kinds.record(t, v, path)
  if type(v) ~= 'table' or getmetatable(v) == optional.TAG then return path, expected('a record', v) end
  local known, names = {}, {}
  for i, field in ipairs(t.fields) do
    known[field.name], names[i] = field, field.name
    local other = field.name:gsub('-', '_')
    if not known[other] then known[other] = field end
  end
  local seen = {}
  for key in next, v do
    local field = known[key]
    if not field then
      if type(key) ~= 'string' then return path, ('a record has no field %s'):format(shown(key)) end
      return path, ('unknown field %s%s'):format(shown(key), nearest.hint(key, names))
    end
    if seen[field] then return path, ('the field "%s" is given twice, with "-" and with "_"'):format(field.name) end
    seen[field] = true
  end
  for _, field in ipairs(t.fields) do
    local value = rawget(v, field.name)
    if value == nil then value = rawget(v, (field.name:gsub('-', '_'))) end
    if value == nil and field.type.kind ~= 'option' then return path, ('the field "%s" is missing'):format(field.name) end
    local where, what = find(field.type, value, dotted(path, field.name))
    if where then return where, what end
  end
end

function kinds.option(t, v, path)
  if v == nil or v == optional.none then return nil end
  if getmetatable(v) == optional.TAG then v = rawget(v, 1) end
  return find(t.some, v, path)
end

local function list_names(cases)
  local names = {}
  for i, case in ipairs(cases) do
    if i == 13 then
      names[i] = '...'
      break
    end
    names[i] = case.name
  end
  return table.concat(names, ', ')
end

local function case_named(t, name, path)
  local names = {}
  for i, case in ipairs(t.cases) do
    if case.name == name then return case end
    names[i] = case.name
  end
  return nil, path, ('unknown case %s%s: the cases are %s'):format(shown(name), nearest.hint(name, names), list_names(t.cases))
end

function kinds.variant(t, v, path)
  if type(v) == 'string' then
    local case, where, what = case_named(t, v, path)
    if not case then return where, what end
    if case.type then return path, ('the case "%s" has a payload: write {["%s"] = value}'):format(v, v) end
    return nil
  end
  if type(v) ~= 'table' or getmetatable(v) == optional.TAG then return path, expected('a case name or {case = payload}', v) end
  local name, payload = next(v)
  if name == nil or next(v, name) ~= nil then return path, 'expected {case = payload} with exactly one case, got ' .. keyed(v) end
  local case, where, what = case_named(t, name, path)
  if not case then return where, what end
  if not case.type then return path, ('the case "%s" has no payload: write "%s"'):format(name, name) end
  return find(case.type, payload, dotted(path, name))
end

function kinds.result(t, v, path)
  if type(v) ~= 'table' or getmetatable(v) == optional.TAG then return path, expected('{ok = value} or {err = value}', v) end
  local name, payload = next(v)
  if (name ~= 'ok' and name ~= 'err') or next(v, name) ~= nil then
    return path, 'expected {ok = value} or {err = value}, got ' .. keyed(v)
  end
  if not t[name] then
    if payload ~= true then return dotted(path, name), ('expected true, got %s: this side has no payload'):format(shown(payload)) end
    return nil
  end
  return find(t[name], payload, dotted(path, name))
end

function kinds.enum(t, v, path)
  if type(v) ~= 'string' then return path, expected('a case name', v) end
  local case, where, what = case_named(t, v, path)
  if not case then return where, what end
end

function kinds.flags(t, v, path)
  if type(v) ~= 'table' or getmetatable(v) == optional.TAG then return path, expected('{flag = true} or {"flag"}', v) end
  local known = {}
  for _, name in ipairs(t.names) do
    known[name] = true
  end
  for key, value in next, v do
    local name, set = key, value
    if #v > 0 then
      name, set = value, true
    end
    if not known[name] then return path, ('unknown flag %s%s'):format(shown(name), nearest.hint(name, t.names)) end
    if type(set) ~= 'boolean' then return dotted(path, name), expected('a boolean', set) end
  end
  if #v > 0 then return sequence(v, path) end
end

local function handle(t, v, path)
  -- Of a resource that the host provides.
  if t.foreign then
    if v == nil or v == false then return path, expected(('a %s'):format(t.name or '?'), v) end
    return nil
  end
  if handles.holds(v, t.resource, t.kind == 'own') then return nil end
  local state = type(v) == 'cdata' and handles.state_of(v)
  if not state then
    return path,
      type(v) == 'cdata' and tostring(v):find 'gone' and 'this resource handle was dropped or handed to a guest' or expected(
        ('a handle of the resource %s'):format(t.name or '?'),
        v
      )
  end
  local misplaced = handles.misplaced(state)
  if misplaced then return path, 'this handle ' .. misplaced end
  if state.instance.store == nil then return path, 'the instance that this handle belongs to has ended' end
  if t.resource and state.resource ~= t.resource then
    return path, ('expected a handle of the resource %s, got %s'):format(t.name or '?', tostring(v))
  end
  return path, 'this handle belongs to another instance, or is given more than once'
end
kinds.own, kinds.borrow = handle, handle

function kinds.stream(t, v, path)
  local what = t.element and t.element.kind == 'u8' and 'a string, ' or ''
  return path, expected(('%s: %sa sequence, a channel, an iterator function, a file, or a stream of a guest'):format(t.name, what), v)
end

function kinds.future(t, v, path) return path, expected(('%s: a value, a future or a channel'):format(t.name), v) end

-- Cuts a sentence that the names in a signature have made long; what is wrong stands at its end.
local function bounded(sentence)
  if #sentence <= MOST_SENTENCE then return sentence end
  local first = sentence:sub(1, MOST_SENTENCE / 2):gsub('[\192-\255][\128-\191]*$', '')
  local last = sentence:sub(-MOST_SENTENCE / 2):gsub('^[\128-\191]+', '')
  return first .. ' ... ' .. last
end

-- What does not fit; handles are judged in their order once more, as they were when the call was refused.
local function misfit(sig, count, ...)
  handles.again()
  for i, param in ipairs(sig.params) do
    local where, what = find(param.type, (select(i, ...)), '')
    if where then
      local at = where == '' and '' or where:sub(1, 1) == '[' and param.name .. where .. ': ' or param.name .. '.' .. where .. ': '
      -- Lua does not tell an argument that is nil from one that is not there.
      local takes = i > count and ('; the function takes %d argument%s'):format(#sig.params, #sig.params == 1 and '' or 's') or ''
      return ('%s: parameter %d (%s: %s): %s%s%s'):format(sig.name, i, param.name, param.text or param.type.kind, at, what, takes)
    end
  end
  return ('%s: the arguments were refused, which is a mistake in Moonwit: please report it with this call'):format(sig.name)
end

--- Says what is wrong with a value that does not fit a type, and where in it.
---@param t table
---@param value any
---@return string
function M.misfit(t, value)
  local where, what = find(t, value, '')
  if not where then return 'it was refused, which is a mistake in Moonwit: please report it' end
  return bounded(where == '' and what or where .. ': ' .. what)
end

--- The sentence for a call with `count` arguments, those at the end that are nil left out.
---@param sig table
---@param count integer
---@param ... any
---@return string
function M.sentence(sig, count, ...)
  if count <= #sig.params then return bounded(misfit(sig, count, ...)) end
  local least = #sig.params
  while least > 0 and sig.params[least].type.kind == 'option' do
    least = least - 1
  end
  local wanted = least == #sig.params and tostring(least) or ('%d to %d'):format(least, #sig.params)
  return bounded(('%s: expected %s argument%s, got %d'):format(sig.name, wanted, wanted == '1' and '' or 's', count))
end

return M
