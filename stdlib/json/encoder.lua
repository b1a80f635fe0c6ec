-- Writes JSON into a string.buffer. Object keys are sorted: LuaJIT's own order differs from run to run.
local buffer = require 'string.buffer'
local ffi = require 'ffi'
local errors = require 'lua.values.errors'
local maps = require 'lua.values.maps'
local optional = require 'lua.values.optional'
local utf8 = require 'lua.values.utf8'
local sort = require 'lua.scripts.sort'
local shape = require 'stdlib.values.shape'

local type, pcall, error, next, tostring, tonumber, rawequal = type, pcall, error, next, tostring, tonumber, rawequal
local format, length = string.format, shape.length
local istype, cast = ffi.istype, ffi.cast
local int64, uint64, bytes = ffi.typeof 'int64_t', ffi.typeof 'uint64_t', ffi.typeof 'const uint8_t *'
local is_utf8, is_error, fields_of, is_some, none = utf8.string_is_utf8, errors.is_error, errors.fields, optional.is_some, optional.none

local is_map = maps.is_map

local M = {}

local MAX_DEPTH = 128
local KEPT = 1024 * 1024
local EXACT = 2 ^ 53

local out = buffer.new()
-- Where the walk is: the keys from the top, and the tables they lead through.
local keys, tables = {}, {}
-- What went wrong; set just before FAILED is thrown, and only read when FAILED is caught.
local problem
local FAILED = {}

local function fail(depth, sentence)
  local place = shape.path(keys, depth)
  problem = place == '' and sentence or place .. ': ' .. sentence
  error(FAILED, 0)
end

-- What to write for a byte inside a string; nil for those that stand for themselves.
local escapes = {}
for code = 0, 31 do
  escapes[code] = format('\\u%04x', code)
end
escapes[8], escapes[9], escapes[10], escapes[12], escapes[13] = '\\b', '\\t', '\\n', '\\f', '\\r'
escapes[34], escapes[92] = '\\"', '\\\\'

local plain = ffi.new('bool[256]')
for code = 0, 255 do
  plain[code] = escapes[code] == nil
end

local function put_string(text, depth)
  if not is_utf8(text) then fail(depth, "a string that is not UTF-8 can't be written as JSON") end
  local p, n = cast(bytes, text), #text
  local i = 0
  while i < n and plain[p[i]] do
    i = i + 1
  end
  if i == n then
    out:put('"', text, '"')
    return
  end
  out:put('"')
  local start = 0
  while i < n do
    if not plain[p[i]] then
      out:putcdata(p + start, i - start)
      out:put(escapes[p[i]])
      start = i + 1
    end
    i = i + 1
  end
  out:putcdata(p + start, n - start)
  out:put('"')
end

local function put_number(value, depth)
  if value % 1 == 0 and value > -1e14 and value < 1e14 then
    -- Of the two zeros the negative one would come back as an integer.
    out:put(value == 0 and 1 / value < 0 and '-0.0' or value)
  elseif value ~= value or value == 1 / 0 or value == -1 / 0 then
    fail(depth, (value ~= value and 'NaN' or 'infinity') .. ' has no form in JSON')
  elseif value % 1 == 0 and value >= -EXACT and value <= EXACT then
    out:put(format('%.0f', value))
  else
    local text = format('%.14g', value)
    if tonumber(text) ~= value then text = format('%.16g', value) end
    if tonumber(text) ~= value then text = format('%.17g', value) end
    out:put(text)
    -- Without a point it would be read as an integer, and come back as another type.
    if not text:find('[.e]') then out:put('.0') end
  end
end

local function length_of(value, depth)
  local count, what, holes = length(value)
  if not count then fail(depth, what .. ' has no form in JSON' .. (holes and '; write json.null for null' or '')) end
  return count
end

local put

local function break_line(indent, depth)
  if indent then
    out:put('\n')
    for _ = 1, depth do
      out:put(indent)
    end
  end
end

local function put_array(value, count, indent, depth)
  out:put('[')
  for i = 1, count do
    if i > 1 then out:put(',') end
    break_line(indent, depth + 1)
    keys[depth + 1] = i
    put(value[i], indent, depth + 1)
  end
  if count > 0 then break_line(indent, depth) end
  out:put(']')
end

local function put_object(value, indent, depth)
  local names, n = {}, 0
  for name in next, value do
    n = n + 1
    names[n] = name
  end
  if n == 0 then
    out:put('[]')
    return
  end
  sort(names)
  out:put('{')
  for i = 1, n do
    local name = names[i]
    if i > 1 then out:put(',') end
    break_line(indent, depth + 1)
    keys[depth + 1] = name
    put_string(name, depth + 1)
    out:put(indent and ': ' or ':')
    put(value[name], indent, depth + 1)
  end
  break_line(indent, depth)
  out:put('}')
end

-- The keys of a map of WIT may be integers and booleans, which JSON writes as text.
local function put_map(value, indent, depth)
  local named, empty = {}, true
  for key, x in next, value do
    named[type(key) == 'number' and ('%.0f'):format(key) or tostring(key)], empty = x, false
  end
  if empty then return out:put '{}' end
  put_object(named, indent, depth)
end

local function put_table(value, indent, depth)
  if depth >= MAX_DEPTH then
    tables[depth] = value
    local circle = shape.circle(tables, depth)
    if circle then fail(circle, 'the value contains itself') end
    fail(depth, 'the value is nested deeper than ' .. MAX_DEPTH .. ' levels')
  end
  tables[depth] = value
  if is_map(value) then return put_map(value, indent, depth) end
  local count = length_of(value, depth)
  if count > 0 then
    put_array(value, count, indent, depth)
  else
    put_object(value, indent, depth)
  end
end

local function put_error(value, indent, depth)
  local fields = fields_of(value)
  put_table({ message = fields.message, kind = fields.kind, retryable = fields.retryable, details = fields.details }, indent, depth)
end

function put(value, indent, depth)
  local kind = type(value)
  if kind == 'string' then
    put_string(value, depth)
  elseif kind == 'number' then
    put_number(value, depth)
  elseif kind == 'boolean' then
    out:put(value and 'true' or 'false')
  elseif value == nil or rawequal(value, none) then
    out:put('null')
  elseif kind == 'table' then
    if is_some(value) then
      keys[depth + 1], tables[depth] = 1, false
      if depth >= MAX_DEPTH then fail(depth, 'the value is nested deeper than ' .. MAX_DEPTH .. ' levels') end
      put(value[1], indent, depth + 1)
    else
      put_table(value, indent, depth)
    end
  elseif kind == 'cdata' and (istype(int64, value) or istype(uint64, value)) then
    out:put((tostring(value):gsub('U?LL$', '')))
  elseif is_error(value) then
    put_error(value, indent, depth)
  else
    fail(depth, 'a ' .. kind .. ' has no form in JSON')
  end
end

--- Returns a value as JSON, or nil and a sentence that begins with the place in the value.
---@param value any
---@param indent any
---@return string?
---@return string?
function M.encode(value, indent)
  out:reset()
  local ok, thrown = pcall(put, value, indent, 0)
  local text = ok and out:get() or nil
  if #out > KEPT or text and #text > KEPT then out:free() end
  if not ok then
    if thrown == FAILED then return nil, problem end
    return nil, 'the text does not fit into memory: ' .. tostring(thrown)
  end
  return text
end

return M
