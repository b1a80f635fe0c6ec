-- The module `json`: RFC 8259 text to Lua values and back.
--
-- A sequence is an array, a table with string keys an object, and the empty table `[]`. `null` is `json.null`, the same
-- value as `wit.none`, so that arrays keep their length. Integers that a number can't hold are 64-bit cdata.
local callbacks = require 'lua.lane.ask'
local encoder = require 'stdlib.json.encoder'
local decoder = require 'stdlib.json.decoder'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local nearest = require 'lua.values.nearest'
local optional = require 'lua.values.optional'

local type, error, next, pairs, pcall, tostring = type, error, next, pairs, pcall, tostring
local INVALID = errors.kinds.INVALID

local MAX_INDENT, MAX_DEPTH = 16, 128
local null = optional.none

-- How long JSON may be that is checked, in bytes.
local LONGEST = 64 * 1024 * 1024

local M = {}

--- What stands for `null` inside arrays and objects; encoding nil itself gives `null` too.
M.null = optional.none

local function indent_of(options)
  if type(options) ~= 'table' then error('json.encode: expected a table as the options, got ' .. got(options), 3) end
  for key in pairs(options) do
    if key ~= 'indent' then error("json.encode: unknown option '" .. tostring(key) .. "'" .. nearest.hint(key, { 'indent' }), 3) end
  end
  local indent = options.indent
  if indent == nil or indent == 0 then return nil end
  if type(indent) == 'number' and indent % 1 == 0 and indent > 0 and indent <= MAX_INDENT then return (' '):rep(indent) end
  if type(indent) == 'string' and #indent <= MAX_INDENT and not indent:find('[^ \t]') then return indent ~= '' and indent or nil end
  local seen = type(indent) == 'number' and tostring(indent) or type(indent) == 'string' and 'other text' or got(indent)
  error('json.encode: expected up to ' .. MAX_INDENT .. ' spaces or tabs as the indent, or how many spaces, got ' .. seen, 3)
end

--- Returns a value as JSON text, or nil and an error that names the place in the value. Keys are sorted.
-- `options.indent` is a number of spaces, or the text to indent with.
function M.encode(value, options)
  local text, problem = encoder.encode(value, options ~= nil and indent_of(options) or nil)
  if text then return text end
  return nil, errors.make { message = 'json.encode: ' .. problem, kind = INVALID }
end

-- Makes null nil in a table that nobody else has.
local function without_null(value)
  if value == null then return nil end
  if type(value) ~= 'table' then return value end
  for key, each in next, value do
    if each == null then
      value[key] = nil
    elseif type(each) == 'table' then
      without_null(each)
    end
  end
  return value
end

local function copy(value, depth)
  if depth > MAX_DEPTH then error('json.null_as_nil: the value contains itself, or is nested deeper than ' .. MAX_DEPTH .. ' levels', 0) end
  if type(value) ~= 'table' or optional.is_some(value) then return value end
  local made = {}
  for key, each in next, value do
    made[key] = copy(each, depth + 1)
  end
  return made
end

--- Returns a copy of a decoded value in which null is nil: objects have no such field, and arrays a hole, so that `#` can't be trusted.
function M.null_as_nil(value)
  local ok, made = pcall(copy, value, 0)
  if not ok then error(made, 2) end
  return without_null(made)
end

local DECODING = { 'null_as_nil' }

--- Returns what JSON text stands for, or nil and an error with line and column. With `options.null_as_nil`, null is nil.
function M.decode(text, options)
  if type(text) ~= 'string' then error('json.decode: expected a string, got ' .. got(text), 2) end
  if options ~= nil then
    if type(options) ~= 'table' then error('json.decode: expected a table as the options, got ' .. got(options), 2) end
    for key in pairs(options) do
      if key ~= 'null_as_nil' then error("json.decode: unknown option '" .. tostring(key) .. "'" .. nearest.hint(key, DECODING), 2) end
    end
  end
  local value, problem = decoder.decode(text)
  if problem == nil then
    if options and options.null_as_nil then return without_null(value) end
    return value
  end
  return nil, errors.make { message = 'json.decode: ' .. problem, kind = INVALID }
end

-- True for no mistakes; else false and an error whose message has the first of them, and whose details all.
local function verdict(name, mistakes, problem)
  if not mistakes then return false, problem end
  if mistakes[1] == nil then return true end
  local message, more = mistakes[1].message, #mistakes - 1
  if more > 0 then message = message .. ' (and ' .. more .. ' more, in the details)' end
  return false, errors.make { message = name .. ': ' .. message, kind = INVALID, details = mistakes }
end

local function check_schema(schema, name)
  if type(schema) ~= 'table' and type(schema) ~= 'string' then
    error(name .. ': expected a table or JSON as the schema, got ' .. got(schema), 3)
  end
end

--- Says whether a value is as a JSON Schema has it, a table or JSON; where it is not, returns false and an error. The error's details
-- are a list of `{path, message, keyword}`. Nothing that a schema refers to is fetched.
function M.validate(schema, value)
  check_schema(schema, 'json.validate')
  return verdict('json.validate', callbacks.perform('apart', 'json.validate', schema, value))
end

--- Says the same of a value as JSON.
function M.validate_string(schema, text)
  check_schema(schema, 'json.validate_string')
  if type(text) ~= 'string' then error('json.validate_string: expected a string, got ' .. got(text), 2) end
  if #text > LONGEST then
    return false,
      errors.make {
        kind = INVALID,
        message = ('json.validate_string: the text has %d bytes, and at most %d are taken'):format(#text, LONGEST),
      }
  end
  return verdict('json.validate_string', callbacks.perform('apart', 'json.validate_string', schema, text))
end

return M
