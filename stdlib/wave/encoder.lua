-- Writes WAVE text.
local ffi = require 'ffi'
local maps = require 'lua.values.maps'
local optional = require 'lua.values.optional'
local utf8 = require 'lua.values.utf8'
local sort = require 'lua.scripts.sort'
local label = require 'stdlib.wave.label'
local shape = require 'stdlib.values.shape'

local type, error, next, pcall, ipairs, tostring, tonumber, rawequal = type, error, next, pcall, ipairs, tostring, tonumber, rawequal
local format, concat = string.format, table.concat
local istype, int64, uint64 = ffi.istype, ffi.typeof 'int64_t', ffi.typeof 'uint64_t'

local M = {}

local MAX_DEPTH = 128
local EXACT = 2 ^ 53
local FAILED = {}

local function fail(state, depth, sentence)
  local place = shape.path(state.keys, depth)
  state.problem = place == '' and sentence or place .. ': ' .. sentence
  error(FAILED, 0)
end

local escapes = { ['\t'] = '\\t', ['\n'] = '\\n', ['\r'] = '\\r', ['"'] = '\\"', ['\\'] = '\\\\' }
for code = 0, 127 do
  local char = string.char(code)
  if (code < 32 or code == 127) and not escapes[char] then escapes[char] = format('\\u{%x}', code) end
end

local function quoted(state, text, depth)
  if not utf8.string_is_utf8(text) then fail(state, depth, 'a string that is not UTF-8 has no form in WAVE') end
  return '"' .. text:gsub('[%c"\\]', escapes) .. '"'
end

local function digits(value)
  if value ~= value then return 'nan' end
  if value == 1 / 0 then return 'inf' end
  if value == -1 / 0 then return '-inf' end
  if value % 1 == 0 and value >= -EXACT and value <= EXACT and not (value == 0 and 1 / value < 0) then return format('%.0f', value) end
  local text = format('%.14g', value)
  if tonumber(text) ~= value then text = format('%.16g', value) end
  if tonumber(text) ~= value then text = format('%.17g', value) end
  return text:find '[.e]' and text or text .. '.0'
end

-- A field's name as WIT writes it: Lua's `tag_count` is `tag-count`.
local function field_name(state, name, depth)
  local written = name:gsub('_', '-')
  if not label.is_label(written) then
    fail(state, depth, "'" .. (utf8.string_is_utf8(name) and name or '?') .. "' can't be the name of a field in WAVE")
  end
  return written
end

local put

local function put_sequence(state, value, count, depth)
  local out = state.out
  out[#out + 1] = '['
  for i = 1, count do
    if i > 1 then out[#out + 1] = ', ' end
    state.keys[depth + 1] = i
    put(state, value[i], depth + 1)
  end
  out[#out + 1] = ']'
end

local function put_record(state, value, depth)
  local out = state.out
  local names, values = {}, {}
  for name, field in next, value do
    state.keys[depth + 1] = name
    local written = field_name(state, name, depth + 1)
    if values[written] ~= nil then fail(state, depth, "two fields are named '" .. written .. "'") end
    names[#names + 1], values[written] = written, { name, field }
  end
  sort(names)
  local single = #names == 1 and (names[1] == 'ok' or names[1] == 'err') and names[1]
  out[#out + 1] = single and single .. '(' or '{'
  for i, name in ipairs(names) do
    if i > 1 then out[#out + 1] = ', ' end
    if not single then out[#out + 1] = (label.keywords[name] and '%' or '') .. name .. ': ' end
    state.keys[depth + 1] = values[name][1]
    put(state, values[name][2], depth + 1)
  end
  out[#out + 1] = single and ')' or '}'
end

-- A map of WIT is the list of its pairs, in the order of their keys.
local function put_map(state, value, depth)
  local out, names, originals = state.out, {}, {}
  for key in next, value do
    local numbered = type(key) == 'number' and format('%s%020.0f', key < 0 and '0' or '1', key < 0 and EXACT + key or key)
    local name = numbered or tostring(key)
    names[#names + 1], originals[name] = name, key
  end
  sort(names)
  out[#out + 1] = '['
  for i, name in ipairs(names) do
    local key = originals[name]
    if i > 1 then out[#out + 1] = ', ' end
    state.keys[depth + 1] = type(key) == 'boolean' and tostring(key) or key
    out[#out + 1] = '('
    put(state, key, depth + 1)
    out[#out + 1] = ', '
    put(state, value[key], depth + 1)
    out[#out + 1] = ')'
  end
  out[#out + 1] = ']'
end

local function put_table(state, value, depth)
  state.tables[depth] = not optional.is_some(value) and value or false
  if depth >= MAX_DEPTH then
    local circle = shape.circle(state.tables, depth)
    if circle then fail(state, circle, 'the value contains itself') end
    fail(state, depth, 'the value is nested deeper than ' .. MAX_DEPTH .. ' levels')
  end
  local out = state.out
  if optional.is_some(value) then
    state.keys[depth + 1] = 1
    out[#out + 1] = 'some('
    put(state, value[1], depth + 1)
    out[#out + 1] = ')'
    return
  end
  if maps.is_map(value) then return put_map(state, value, depth) end
  local count, what, holes = shape.length(value)
  if not count then fail(state, depth, what .. ' has no form in WAVE' .. (holes and '; write wit.none for an absent element' or '')) end
  if count > 0 or next(value) == nil then
    put_sequence(state, value, count, depth)
  else
    put_record(state, value, depth)
  end
end

function put(state, value, depth)
  local kind = type(value)
  local out = state.out
  if kind == 'table' then
    put_table(state, value, depth)
  elseif kind == 'string' then
    out[#out + 1] = quoted(state, value, depth)
  elseif kind == 'number' then
    out[#out + 1] = digits(value)
  elseif kind == 'boolean' then
    out[#out + 1] = tostring(value)
  elseif value == nil or rawequal(value, optional.none) then
    out[#out + 1] = 'none'
  elseif kind == 'cdata' and (istype(int64, value) or istype(uint64, value)) then
    out[#out + 1] = tostring(value):gsub('U?LL$', '')
  else
    fail(state, depth, 'a ' .. kind .. ' has no form in WAVE')
  end
end

--- Returns a value as WAVE text, or nil and a sentence that begins with the place in the value.
---@param value any
---@return string?
---@return string?
function M.encode(value)
  local state = { out = {}, keys = {}, tables = {} }
  local ok, thrown = pcall(put, state, value, 0)
  if ok then return concat(state.out) end
  if thrown == FAILED then return nil, state.problem end
  return nil, 'the text does not fit into memory: ' .. tostring(thrown)
end

return M
