-- Reads WAVE text, the WebAssembly Value Encoding of the component model's tools.
local ffi = require 'ffi'
local optional = require 'lua.values.optional'
local utf8 = require 'lua.values.utf8'
local label = require 'stdlib.wave.label'
local position = require 'stdlib.values.position'

local error, pcall, tonumber, tostring = error, pcall, tonumber, tostring
local find, sub, concat = string.find, string.sub, table.concat
local cast, int64, uint64 = ffi.cast, ffi.typeof 'int64_t', ffi.typeof 'uint64_t'

local M = {}

local MAX_DEPTH = 128
local FAILED = {}

-- `at` is the place in the text, from 1.
local function fail(state, at, sentence)
  state.at, state.problem = at, sentence
  error(FAILED, 0)
end

local function unexpected(state, at, wanted) fail(state, at, 'expected ' .. wanted .. ', got ' .. position.seen(state.text, at - 1)) end

-- Skips space and comments; returns the place behind them.
local function skip(state, at)
  while true do
    at = find(state.text, '[^ \t\r\n]', at) or #state.text + 1
    if sub(state.text, at, at + 1) ~= '//' then return at end
    at = find(state.text, '\n', at, true) or #state.text + 1
  end
end

-- An integer that a number can't hold: 64-bit cdata, or nil beyond 64 bits.
local function wide_integer(text)
  local negative, body = sub(text, 1, 1) == '-', text:gsub('^%-', '')
  if #body > 20 then return nil end
  local value = 0ULL
  for i = 1, #body do
    local d = body:byte(i) - 48
    if value > 1844674407370955161ULL or value == 1844674407370955161ULL and d > 5 then return nil end
    value = value * 10 + d
  end
  if negative then return value <= 9223372036854775808ULL and cast(int64, 0ULL - value) or nil end
  return cast(value <= 9223372036854775807ULL and int64 or uint64, value)
end

local function number(state, at)
  local _, last = find(state.text, '^%-?%d+', at)
  if not last then unexpected(state, at + 1, 'a digit') end
  if find(state.text, '^%-?0%d', at) then fail(state, at, "a number can't begin with 0") end
  local integer = true
  local _, fraction = find(state.text, '^%.%d+', last + 1)
  if fraction then
    integer, last = false, fraction
  end
  local _, exponent = find(state.text, '^[eE][-+]?%d+', last + 1)
  if exponent then
    integer, last = false, exponent
  end
  local after = find(state.text, '^[%w_.]', last + 1)
  if after then fail(state, at, "'" .. sub(state.text, at, after) .. "' is not a number") end
  local text = sub(state.text, at, last)
  local value = tonumber(text)
  if integer and (value > 2 ^ 53 or value < -2 ^ 53 or (value == 2 ^ 53 or value == -2 ^ 53) and not find(text, '2$')) then
    value = wide_integer(text)
    if value == nil then fail(state, at, 'the integer ' .. sub(text, 1, 40) .. ' does not fit into 64 bits') end
  elseif value == 1 / 0 or value == -1 / 0 then
    fail(state, at, 'the number is out of range; infinity is written inf')
  end
  return value, last + 1
end

local escapes = { t = '\t', n = '\n', r = '\r', ['"'] = '"', ["'"] = "'", ['\\'] = '\\' }

-- Returns the character that the escape at `at`, a backslash, stands for, and the place behind it.
local function escape(state, at)
  local char = sub(state.text, at + 1, at + 1)
  if escapes[char] then return escapes[char], at + 2 end
  local _, last, digits = find(state.text, '^\\u{(%x+)}', at)
  if not last then unexpected(state, at + 1, 'one of t n r \' " \\ or u{...} after \\') end
  local shown = #digits <= 6 and utf8.char_of(tonumber(digits, 16))
  if not shown then fail(state, at, '\\u{' .. sub(digits, 1, 16) .. '} is not a character') end
  return shown, last + 1
end

local function char(state, at)
  local text = state.text
  local shown, after
  if sub(text, at + 1, at + 1) == '\\' then
    shown, after = escape(state, at + 1)
  else
    local _, last = find(text, "^[^'\n%z\1-\8\11-\31][\128-\191]*", at + 1)
    if not last then unexpected(state, at + 1, 'a character') end
    shown, after = sub(text, at + 1, last), last + 1
  end
  if sub(text, after, after) ~= "'" then fail(state, at, 'a char holds exactly one character; a string is written in double quotes') end
  return shown, after + 1
end

-- Returns what stands between `at` and `last`, escapes replaced.
local function unescaped(state, at, last)
  local part, out, from = sub(state.text, at, last), {}, 1
  while true do
    local slash = find(part, '\\', from, true)
    if not slash then
      out[#out + 1] = sub(part, from)
      return concat(out)
    end
    out[#out + 1] = sub(part, from, slash - 1)
    local after
    out[#out + 1], after = escape(state, at + slash - 1)
    from = after - at + 1
  end
end

local function string(state, at)
  local text = state.text
  local i = at + 1
  while true do
    i = find(text, '["\\\n]', i)
    if not i then fail(state, at, 'the string has no end') end
    local found = sub(text, i, i)
    if found == '"' then return unescaped(state, at + 1, i - 1), i + 1 end
    if found == '\n' then fail(state, i, 'a string ends on its line; one of several lines begins and ends with """') end
    i = i + 2
  end
end

-- A string of several lines: the spaces before the closing quotes are taken off each line.
local function lines(state, at)
  local text = state.text
  local _, opening = find(text, '^"""\r?\n', at)
  if not opening then unexpected(state, at + 3, 'a line break after the opening """') end
  local i = opening + 1
  while true do
    i = find(text, '["\\]', i)
    if not i then fail(state, at, 'the string has no closing """') end
    if sub(text, i, i + 2) == '"""' then break end
    i = i + (sub(text, i, i) == '\\' and 2 or 1)
  end
  -- Line by line from behind the opening, so that the closing line is told from the others.
  local out, line = {}, opening + 1
  local closing = i
  while sub(text, closing - 1, closing - 1) == ' ' do
    closing = closing - 1
  end
  if sub(text, closing - 1, closing - 1) ~= '\n' then fail(state, i, 'only spaces may stand before the closing """ on its line') end
  local indent = i - closing
  while line < closing do
    local feed = find(text, '\n', line, true)
    local last = sub(text, feed - 1, feed - 1) == '\r' and feed - 2 or feed - 1
    local _, spaces = find(text, '^ *', line)
    if spaces - line + 1 < indent then fail(state, line, 'the line is indented by fewer spaces than the closing quotes, ' .. indent) end
    out[#out + 1] = unescaped(state, line + indent, last)
    line = feed + 1
  end
  return concat(out, '\n'), i + 3
end

local function name(state, at)
  local _, last, mark, text = find(state.text, '^(%%?)([%w-]+)', at)
  if not last then return nil end
  if not label.is_label(text) then fail(state, at, "'" .. sub(text, 1, 64) .. "' is not a name in kebab-case") end
  return text, last + 1, mark == '%'
end

local value

-- The values up to `close`; a comma may stand behind the last.
local function values(state, at, close, depth)
  local list, n = {}, 0
  at = skip(state, at)
  while sub(state.text, at, at) ~= close do
    n = n + 1
    list[n], at = value(state, at, depth)
    at = skip(state, at)
    local mark = sub(state.text, at, at)
    if mark == ',' then
      at = skip(state, at + 1)
    elseif mark ~= close then
      unexpected(state, at, "',' or '" .. close .. "'")
    end
  end
  return list, at + 1
end

local function tuple(state, at, depth)
  local list, after = values(state, at + 1, ')', depth)
  if #list == 0 then fail(state, at, 'a tuple has at least one element') end
  return list, after
end

-- A record, or flags: which of them shows at what follows the first name.
local function braces(state, at, depth)
  local map, opening = {}, at
  at = skip(state, at + 1)
  if sub(state.text, at, at) == ':' then
    at = skip(state, at + 1)
    if sub(state.text, at, at) ~= '}' then unexpected(state, at, "'}': a record without fields is {:}") end
    return map, at + 1
  end
  local record
  while sub(state.text, at, at) ~= '}' do
    local start = at
    local field, after = name(state, at)
    if not field then
      if at > #state.text then fail(state, opening, "'{' is never closed") end
      unexpected(state, at, 'a name')
    end
    if map[field] ~= nil then fail(state, start, "'" .. field .. "' is there twice") end
    at = skip(state, after)
    local colon = sub(state.text, at, at) == ':'
    if record == nil then record = colon end
    if colon ~= record then unexpected(state, at, record and "':'" or "',' or '}': flags have no values") end
    map[field] = true
    if record then
      map[field], at = value(state, skip(state, at + 1), depth)
      at = skip(state, at)
    end
    local mark = sub(state.text, at, at)
    if mark == ',' then
      at = skip(state, at + 1)
    elseif mark ~= '}' then
      unexpected(state, at, "',' or '}'")
    end
  end
  return map, at + 1
end

local constants = { ['true'] = true, ['false'] = false, inf = 1 / 0, nan = 0 / 0, none = optional.none }

-- A keyword, an enum's case, or a variant's with or without payload.
local function named(state, at, depth)
  local case, after, marked = name(state, at)
  if not case then unexpected(state, at + 1, 'a name after %') end
  local keyword = not marked and label.keywords[case]
  local open = skip(state, after)
  if sub(state.text, open, open) ~= '(' then
    if not keyword then return case, after end
    if case == 'some' then unexpected(state, open, "'(': some has a payload") end
    if constants[case] ~= nil then return constants[case], after end
    return { [case] = true }, after
  end
  if keyword and constants[case] ~= nil then fail(state, at, case .. ' has no payload') end
  local payload
  payload, after = value(state, skip(state, open + 1), depth)
  after = skip(state, after)
  if sub(state.text, after, after) ~= ')' then unexpected(state, after, "')'") end
  if keyword and case == 'some' then return optional.some(payload), after + 1 end
  return { [case] = payload }, after + 1
end

-- Reads the value at `at`, where no space is; returns it and the place behind it.
function value(state, at, depth)
  if depth > MAX_DEPTH then fail(state, at, 'the text is nested deeper than ' .. MAX_DEPTH .. ' levels') end
  local text = state.text
  local first = sub(text, at, at)
  if first == '"' then
    if sub(text, at, at + 2) == '"""' then return lines(state, at) end
    return string(state, at)
  end
  if first == '[' then return values(state, at + 1, ']', depth + 1) end
  if first == '{' then return braces(state, at, depth + 1) end
  if first == '(' then return tuple(state, at, depth + 1) end
  if first == "'" then return char(state, at) end
  if find(text, '^%-inf%f[^%w-]', at) then return -1 / 0, at + 4 end
  if find(first, '[%d-]') then return number(state, at) end
  if find(first, '[%a%%]') then return named(state, at, depth + 1) end
  unexpected(state, at, 'a value')
end

local function document(state)
  local result, at = value(state, skip(state, 1), 0)
  at = skip(state, at)
  if at <= #state.text then unexpected(state, at, 'the end of the text') end
  return result
end

--- Returns the value of a WAVE text, or nil and a sentence that begins with line and column.
---@param text string
---@return any
---@return string?
function M.decode(text)
  local bad = position.not_utf8(text)
  if bad then return nil, position.of(text, bad) .. 'the text is not UTF-8' end
  local state = { text = text }
  local ok, result = pcall(document, state)
  if ok then return result end
  if result ~= FAILED then return nil, 'the value does not fit into memory: ' .. tostring(result) end
  return nil, position.of(text, state.at - 1) .. state.problem
end

return M
