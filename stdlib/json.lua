-- The module `json`: RFC 8259 text to Lua values and back.
--
-- A sequence is an array, a table with string keys an object, and the empty table `[]`. `null` is `json.null`, the same
-- value as `wit.none`, so that arrays keep their length. Integers that a number can't hold are 64-bit cdata.
local encoder = require 'stdlib.json.encoder'
local decoder = require 'stdlib.json.decoder'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local nearest = require 'lua.values.nearest'
local optional = require 'lua.values.optional'

local type, error, pairs, tostring = type, error, pairs, tostring
local INVALID = errors.kinds.INVALID

local MAX_INDENT = 16

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

--- Returns what JSON text stands for, or nil and an error with line and column.
function M.decode(text)
  if type(text) ~= 'string' then error('json.decode: expected a string, got ' .. got(text), 2) end
  local value, problem = decoder.decode(text)
  if problem == nil then return value end
  return nil, errors.make { message = 'json.decode: ' .. problem, kind = INVALID }
end

return M
