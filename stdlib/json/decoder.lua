-- Reads JSON, byte by byte through a pointer, so that LuaJIT compiles it. A Lua string is followed by a zero byte,
-- which no rule of the grammar takes: that is how the end is seen without asking for it.
local buffer = require 'string.buffer'
local ffi = require 'ffi'
local optional = require 'lua.values.optional'
local utf8 = require 'lua.values.utf8'
local position = require 'stdlib.values.position'

local pcall, error, tonumber, tostring = pcall, error, tonumber, tostring
local cast, copy = ffi.cast, ffi.string
local bytes, int64, uint64 = ffi.typeof 'const uint8_t *', ffi.typeof 'int64_t', ffi.typeof 'uint64_t'
local char_of = utf8.char_of
local null = optional.none

local M = {}

local MAX_DEPTH = 128

-- The text being read and its length; parsing never waits, so one text is read at a time.
local text_read, p, size = nil, nil, 0
local out = buffer.new()

-- Where and what went wrong; set just before FAILED is thrown, and only read when FAILED is caught.
local at, sentence
local FAILED = {}

local function fail(i, what)
  at, sentence = i, what
  error(FAILED, 0)
end

local function unexpected(i, wanted) fail(i, 'expected ' .. wanted .. ', got ' .. position.seen(text_read, i)) end

local function space(i)
  local c = p[i]
  while c == 32 or c == 10 or c == 13 or c == 9 do
    i = i + 1
    c = p[i]
  end
  return i
end

local digit = ffi.new('bool[256]')
for code = 48, 57 do
  digit[code] = true
end

-- Infinity is never compared with cdata: there it equals 2^63.
local function finite(start, last)
  local result = tonumber(copy(p + start, last - start))
  if result == 1 / 0 or result == -1 / 0 then fail(start, 'the number is out of range') end
  return result
end

-- An integer with 16 digits or more.
local function long_integer(start, last, negative)
  local first = negative and start + 1 or start
  if last - first <= 20 then
    local value, overflow = 0ULL, false
    for i = first, last - 1 do
      local d = p[i] - 48
      if value > 1844674407370955161ULL or value == 1844674407370955161ULL and d > 5 then overflow = true end
      value = value * 10 + d
    end
    if not overflow then
      if value <= 9007199254740992ULL then return negative and -tonumber(value) or tonumber(value) end
      if negative then
        if value <= 9223372036854775808ULL then return cast(int64, 0ULL - value) end
      elseif value <= 9223372036854775807ULL then
        return cast(int64, value)
      else
        return cast(uint64, value)
      end
    end
  end
  return finite(start, last)
end

local function number(start)
  local i = start
  local negative = p[i] == 45
  if negative then i = i + 1 end
  local first = i
  local value = 0
  if p[i] == 48 then
    i = i + 1
    if digit[p[i]] then fail(start, "a number can't begin with 0") end
  elseif digit[p[i]] then
    repeat
      value = value * 10 + (p[i] - 48)
      i = i + 1
    until not digit[p[i]]
  else
    unexpected(i, 'a digit')
  end
  local c = p[i]
  if c ~= 46 and c ~= 101 and c ~= 69 then
    if i - first > 15 then return long_integer(start, i, negative), i end
    return negative and -value or value, i
  end
  if c == 46 then
    i = i + 1
    if not digit[p[i]] then unexpected(i, 'a digit') end
    repeat
      i = i + 1
    until not digit[p[i]]
    c = p[i]
  end
  if c == 101 or c == 69 then
    i = i + 1
    if p[i] == 43 or p[i] == 45 then i = i + 1 end
    if not digit[p[i]] then unexpected(i, 'a digit') end
    repeat
      i = i + 1
    until not digit[p[i]]
  end
  return finite(start, i), i
end

-- Bytes of a string that stand for themselves.
local plain = ffi.new('bool[256]')
for code = 32, 255 do
  plain[code] = code ~= 34 and code ~= 92
end

local escaped = { [34] = '"', [92] = '\\', [47] = '/', [98] = '\b', [102] = '\f', [110] = '\n', [114] = '\r', [116] = '\t' }

local hex = ffi.new('int8_t[256]')
ffi.fill(hex, 256, 255)
for value = 0, 15 do
  local text = ('%x'):format(value)
  hex[text:byte()] = value
  hex[text:upper():byte()] = value
end

local function hex4(i)
  local a = hex[p[i]]
  local b = a >= 0 and hex[p[i + 1]] or -1
  local c = b >= 0 and hex[p[i + 2]] or -1
  local d = c >= 0 and hex[p[i + 3]] or -1
  if d < 0 then fail(i - 2, '\\u needs four hexadecimal digits') end
  return a * 4096 + b * 256 + c * 16 + d
end

-- `i` is behind the u of a \u escape.
local function escape_u(i)
  local code = hex4(i)
  if code >= 0xd800 and code <= 0xdfff then
    if code >= 0xdc00 or p[i + 4] ~= 92 or p[i + 5] ~= 117 then fail(i - 2, 'half of a surrogate pair stands alone') end
    local low = hex4(i + 6)
    if low < 0xdc00 or low > 0xdfff then fail(i - 2, 'half of a surrogate pair stands alone') end
    return char_of(0x10000 + (code - 0xd800) * 1024 + (low - 0xdc00)), i + 10
  end
  return char_of(code), i + 4
end

-- `start` is behind the opening quote; the first escape or mistake is at `i`.
local function escaped_text(start, i)
  out:reset()
  while true do
    out:putcdata(p + start, i - start)
    local c = p[i]
    if c == 34 then return out:get(), i + 1 end
    if c ~= 92 then
      if i >= size then fail(start - 1, 'the string has no end') end
      fail(i, "a string can't hold " .. position.seen(text_read, i) .. ' as it is; write it as an escape')
    end
    c = p[i + 1]
    local shown
    if c == 117 then
      shown, start = escape_u(i + 2)
    else
      shown, start = escaped[c], i + 2
      if not shown then fail(i, "\\ can't be followed by " .. position.seen(text_read, i + 1)) end
    end
    out:put(shown)
    i = start
    while plain[p[i]] do
      i = i + 1
    end
  end
end

local function text(start)
  local i = start
  while plain[p[i]] do
    i = i + 1
  end
  if p[i] == 34 then return copy(p + start, i - start), i + 1 end
  return escaped_text(start, i)
end

local value

local function array(i, depth)
  local list, n = {}, 0
  i = space(i)
  if p[i] == 93 then return list, i + 1 end
  while true do
    n = n + 1
    list[n], i = value(i, depth)
    i = space(i)
    local c = p[i]
    if c == 93 then return list, i + 1 end
    if c ~= 44 then unexpected(i, "',' or ']'") end
    i = space(i + 1)
  end
end

local function object(i, depth)
  local map = {}
  i = space(i)
  if p[i] == 125 then return map, i + 1 end
  while true do
    if p[i] ~= 34 then unexpected(i, 'a name in double quotes') end
    local name
    name, i = text(i + 1)
    i = space(i)
    if p[i] ~= 58 then unexpected(i, "':'") end
    map[name], i = value(space(i + 1), depth)
    i = space(i)
    local c = p[i]
    if c == 125 then return map, i + 1 end
    if c ~= 44 then unexpected(i, "',' or '}'") end
    i = space(i + 1)
  end
end

local function word(i, expected, result)
  for k = 1, #expected do
    if p[i + k - 1] ~= expected:byte(k) then unexpected(i, 'a value') end
  end
  return result, i + #expected
end

-- Reads the value at `i`, where no space is; returns it and the place behind it.
function value(i, depth)
  local c = p[i]
  if c == 34 then return text(i + 1) end
  if c == 45 or digit[c] then return number(i) end
  if c == 123 or c == 91 then
    if depth >= MAX_DEPTH then fail(i, 'the text is nested deeper than ' .. MAX_DEPTH .. ' levels') end
    if c == 123 then return object(i + 1, depth + 1) end
    return array(i + 1, depth + 1)
  end
  if c == 116 then return word(i, 'true', true) end
  if c == 102 then return word(i, 'false', false) end
  if c == 110 then return word(i, 'null', null) end
  unexpected(i, 'a value')
end

local function document()
  local i = 0
  -- A byte order mark is ignored, as the RFC allows.
  if p[0] == 0xef and p[1] == 0xbb and p[2] == 0xbf then i = 3 end
  local result
  result, i = value(space(i), 0)
  i = space(i)
  if i < size then unexpected(i, 'the end of the text') end
  return result
end

--- Returns the value of a JSON text, or nil and a sentence that begins with line and column.
---@param source string
---@return any
---@return string?
function M.decode(source)
  local bad = position.not_utf8(source)
  if bad then return nil, position.of(source, bad) .. 'the text is not UTF-8' end
  text_read, p, size = source, cast(bytes, source), #source
  local ok, result = pcall(document)
  text_read, p = nil, nil
  if ok then return result end
  if result ~= FAILED then return nil, 'the value does not fit into memory: ' .. tostring(result) end
  return nil, position.of(source, at) .. sentence
end

return M
