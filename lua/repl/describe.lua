-- Describes values for the REPL's screen: a flat list of short strings, bounded in depth and size, made without changing anything.
-- moonwit/repl/session/values.py reads it and lays it out.
--
-- Each item begins with a letter:
--   b nil, true, false   n number   f function   o opaque, as text   x a remark   s string   S "total:beginning" of a string cut short
--   t table, with a label: then for each entry k "name" or K and the key's items, and the value's items; `.` how many more; e its end
--   E error: kind, message and stack as S or s items, then the details as items, or `b` and nothing; e its end
local ffi = require 'ffi'
local coroutines = require 'lua.dispatcher.coroutines'
local errors = require 'lua.values.errors'
local optional = require 'lua.values.optional'
local sandbox = require 'lua.scripts.sandbox'

local type, next, pcall, tostring, tonumber, rawget, rawequal = type, next, pcall, tostring, tonumber, rawget, rawequal
local getmetatable, getinfo, getlocal, getfields = debug.getmetatable, debug.getinfo, debug.getlocal, debug.getfenv
local sort, concat, huge = table.sort, table.concat, math.huge
local istype, int64, uint64 = ffi.istype, ffi.typeof 'int64_t', ffi.typeof 'uint64_t'

local HOST = _G

local M = {}

--- How much is shown: levels of tables, entries of one table, of all together, bytes of a string.
M.SHORT = { depth = 5, entries = 60, total = 400, bytes = 1000 }
M.FULL = { depth = 60, entries = 1e6, total = 1e6, bytes = 64 * 2 ^ 20 }

-- How many keys are sorted; a table with more of them shows those that come first.
local MOST_SORTED = 2e6

local function number_text(value)
  if value ~= value then return 'nan' end
  if value == huge then
    return 'inf'
  elseif value == -huge then
    return '-inf'
  end
  if value % 1 == 0 and value > -2 ^ 53 and value < 2 ^ 53 then return value == 0 and 1 / value < 0 and '-0' or ('%d'):format(value) end
  local text = ('%.14g'):format(value)
  return tonumber(text) == value and text or ('%.17g'):format(value)
end

local function parameters(f)
  local info, names = getinfo(f, 'u'), {}
  for i = 1, info.nparams or 0 do
    names[i] = getlocal(f, i) or '?'
  end
  if info.isvararg then names[#names + 1] = '...' end
  return concat(names, ', ')
end

--- Returns a function's parameters as text, and where it is from; the host's own functions tell no place.
---@param f function
---@return string
---@return string?
function M.signature(f)
  local info = getinfo(f, 'S')
  if info.what == 'C' then return '...', nil end
  local place = getfields(f) ~= HOST and ((info.source:match '^[@=](.*)' or info.short_src) .. ':' .. info.linedefined) or nil
  return parameters(f), place
end

-- Sorts keys: numbers, strings, booleans, then the rest in the order that it comes in.
local RANK = { number = 1, string = 2, boolean = 3 }
local function before(a, b)
  local left, right = RANK[type(a)] or 4, RANK[type(b)] or 4
  if left ~= right then return left < right end
  if left < 3 then return a < b end
  return left == 3 and a and not b
end

local function sorted_keys(t, count)
  local keys, n, others, m = {}, 0, {}, 0
  for key in next, t do
    local kind = type(key)
    if not (kind == 'number' and key >= 1 and key <= count and key % 1 == 0) then
      if RANK[kind] then
        n = n + 1
        keys[n] = key
      else
        m = m + 1
        others[m] = key
      end
    end
    if n + m > MOST_SORTED then break end
  end
  sort(keys, before)
  for i = 1, m do
    keys[n + i] = others[i]
  end
  return keys, n + m
end

-- How many elements stand at 1, 2, 3 and so on.
local function sequence_length(t)
  local n = 0
  while rawget(t, n + 1) ~= nil do
    n = n + 1
  end
  return n
end

local function put(state, text)
  local n = state.n + 1
  state.n = n
  state.items[n] = text
end

local function put_string(state, text)
  if #text <= state.limits.bytes then return put(state, 's' .. text) end
  put(state, 'S' .. #text .. ':' .. text:sub(1, state.limits.bytes))
end

local describe

-- Where an error comes from, without its first line, which is its message. An input is not a function of its first line.
local function where(value, fields)
  local stack = value:stack()
  if stack:sub(1, #fields.message + 1) == fields.message .. '\n' then stack = stack:sub(#fields.message + 2) end
  if stack == fields.message then stack = '' end
  return (stack:gsub('(\t%[%d+%]:%d+: in )function <line 1>', '%1the input'):gsub('(\tstdin:%d+: in )function <line %d+>', '%1the input'))
end

local function put_error(state, value, depth)
  local fields = errors.fields(value)
  put(state, 'E')
  put_string(state, fields.kind)
  put_string(state, fields.message)
  put_string(state, where(value, fields))
  if fields.details == nil or fields.details == fields.message then
    put(state, 'b')
  else
    describe(state, fields.details, depth + 1)
  end
  put(state, 'e')
end

-- A name for what a table is, beyond its entries.
local function label_of(meta)
  local name = meta and rawget(meta, '__name')
  return type(name) == 'string' and name:sub(1, 40) or ''
end

local function put_entries(state, value, depth)
  local limits, shown = state.limits, 0
  local count = sequence_length(value)
  local keys, more = sorted_keys(value, count)
  local function room()
    if shown >= limits.entries or state.entries >= limits.total then
      put(state, '.' .. (count + more - shown))
      return false
    end
    shown = shown + 1
    state.entries = state.entries + 1
    return true
  end
  for i = 1, count do
    if not room() then return end
    describe(state, rawget(value, i), depth + 1)
  end
  for i = 1, more do
    if not room() then return end
    local key = keys[i]
    if type(key) == 'string' and #key <= 200 then
      put(state, 'k' .. key)
    else
      put(state, 'K')
      describe(state, key, depth + 1)
    end
    describe(state, rawget(value, key), depth + 1)
  end
end

-- What a table's own __tostring says of it, which is what `print` would show. A script's may raise, or wait.
local function own_text(value, meta)
  if not meta or rawget(meta, '__tostring') == nil then return nil end
  local ok, shown = pcall(tostring, value)
  return ok and type(shown) == 'string' and shown or nil
end

local function put_table(state, value, depth)
  local meta = getmetatable(value)
  local library, behind = sandbox.library_of(value)
  if optional.is_some(value) then
    put(state, 'tsome')
    describe(state, rawget(value, 1), depth + 1)
    return put(state, 'e')
  end
  local text = not library and own_text(value, meta)
  if text then return put(state, 'o' .. text:sub(1, state.limits.bytes)) end
  for i = 1, depth do
    if rawequal(state.above[i], value) then
      local up = depth - i + 1
      return put(state, 'x<the table ' .. (up == 1 and 'itself' or up .. ' levels up') .. '>')
    end
  end
  local contents = behind or value
  if depth >= state.limits.depth then return put(state, next(contents) == nil and 'x{}' or 'x{...}') end
  state.above[depth + 1] = value
  put(state, 't' .. (library and 'module ' .. library or label_of(meta)))
  put_entries(state, contents, depth)
  put(state, 'e')
  state.above[depth + 1] = nil
end

function describe(state, value, depth)
  local kind = type(value)
  if kind == 'nil' or kind == 'boolean' then
    put(state, 'b' .. tostring(value))
  elseif kind == 'number' then
    put(state, 'n' .. number_text(value))
  elseif kind == 'string' then
    put_string(state, value)
  elseif kind == 'table' then
    put_table(state, value, depth)
  elseif kind == 'function' then
    local list, place = M.signature(value)
    put(state, 'ffunction(' .. list .. ')' .. (place and ' at ' .. place or ''))
  elseif errors.is_error(value) then
    put_error(state, value, depth)
  elseif kind == 'cdata' and (istype(int64, value) or istype(uint64, value)) then
    put(state, 'n' .. tostring(value))
  elseif kind == 'thread' then
    put(state, 'ocoroutine (' .. coroutines.library.status(value) .. ')')
  else
    -- Only the host makes userdata and cdata, so what turns them into text is its own.
    local ok, text = pcall(tostring, value)
    put(state, 'o' .. (ok and text or kind))
  end
end

--- Returns the items that describe `value`; `limits` is SHORT or FULL.
---@param value any
---@param limits table
---@return table
function M.describe(value, limits)
  local state = { items = {}, n = 0, entries = 0, above = {}, limits = limits }
  describe(state, value, 0)
  return state.items
end

return M
