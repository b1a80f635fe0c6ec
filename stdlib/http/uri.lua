-- Percent-encoding and queries: RFC 3986, and `application/x-www-form-urlencoded` of the URL standard.
local buffer = require 'string.buffer'
local ffi = require 'ffi'
local got = require 'lua.values.got'

local byte, char, find, format, sub, type, pairs, sort =
  string.byte, string.char, string.find, string.format, string.sub, type, pairs, table.sort
local tostring, concat = tostring, table.concat

local M = {}

local ESCAPES = {}
for i = 0, 255 do
  ESCAPES[char(i)] = format('%%%02X', i)
end

--- Returns text with everything escaped that is not a letter, a digit or one of `-._~`.
---@param text string
---@return string
function M.encode(text) return (text:gsub('[^%w%-._~]', ESCAPES)) end

-- The value of each byte that is a hexadecimal digit, else 255.
---@type table
local DIGITS = ffi.new('uint8_t[256]', string.rep('\255', 256))
for i = 0, 15 do
  DIGITS[byte(format('%x', i))], DIGITS[byte(format('%X', i))] = i, i
end
local PERCENT, PLUS, SPACE = byte '%', byte '+', byte ' '

local out = buffer.new()

-- Takes escapes out, byte by byte: a pattern with a function takes a hundred times as long, in which nobody else runs. `plus` is
-- what a `+` stands for.
local function decoded(text, plus)
  local size = #text
  local from, to = ffi.cast('const uint8_t*', text), out:reset():reserve(size)
  local at, count = 0, 0
  while at < size do
    local c = from[at]
    if c == PERCENT and at + 2 < size and DIGITS[from[at + 1]] < 16 and DIGITS[from[at + 2]] < 16 then
      c, at = DIGITS[from[at + 1]] * 16 + DIGITS[from[at + 2]], at + 2
    elseif c == PLUS then
      c = plus
    end
    to[count] = c
    at, count = at + 1, count + 1
  end
  return out:commit(count):get()
end

--- Returns text without its escapes; a `%` that begins none stays.
---@param text string
---@return string
function M.decode(text) return find(text, '%', 1, true) and decoded(text, PLUS) or text end

local function form_decode(text)
  if find(text, '%', 1, true) or find(text, '+', 1, true) then return decoded(text, SPACE) end
  return text
end

--- Returns the pairs of a query or a form, each a table of name and value, in their order; nil where there are more than `most`.
---@param text string
---@param most integer
---@return table[]?
function M.pairs(text, most)
  local found, count, at, size = {}, 0, 1, #text
  while at <= size do
    local stop = find(text, '&', at, true) or size + 1
    if stop > at then
      if count == most then return nil end
      count = count + 1
      local piece = sub(text, at, stop - 1)
      local equals = find(piece, '=', 1, true)
      found[count] = { form_decode(equals and sub(piece, 1, equals - 1) or piece), equals and form_decode(sub(piece, equals + 1)) or '' }
    end
    at = stop + 1
  end
  return found
end

local SCALAR = { string = true, number = true, boolean = true }

-- One value as text, or nil and a sentence.
local function text_of(name, value)
  if SCALAR[type(value)] then return tostring(value) end
  return nil, ('expected a string, a number or a boolean as the value of %q, got %s'):format(name, got(value))
end

--- Returns a table as a query or a form, names in order; a sequence as a value repeats its name. Or nil and a sentence.
---@param values table
---@return string?
---@return string?
function M.query(values)
  local names = {}
  for name in pairs(values) do
    if type(name) ~= 'string' then return nil, 'expected strings as the names, got ' .. got(name) end
    names[#names + 1] = name
  end
  sort(names)
  local pieces = {}
  for _, name in ipairs(names) do
    local value = values[name]
    for _, one in ipairs(type(value) == 'table' and value or { value }) do
      local text, problem = text_of(name, one)
      if not text then return nil, problem end
      pieces[#pieces + 1] = M.encode(name) .. '=' .. M.encode(text)
    end
  end
  return concat(pieces, '&')
end

return M
