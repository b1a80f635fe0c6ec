-- The module `yaml`: YAML text to Lua values and back, by libyaml.
--
-- `null` is `json.null`, as the module `json` has it. Keys are names whatever they would stand for; what libyaml does not read
-- as YAML 1.2's core schema has it (`yes`, dates) is text.
local bounds = require 'stdlib.data.bounds'
local callbacks = require 'lua.lane.ask'
local got = require 'lua.values.got'

local type, error, ipairs = type, error, ipairs
local perform = callbacks.perform

local M = {}

-- Aliases make much of little.
local function where(text) return #text <= bounds.SHORT and not text:find('*', 1, true) and 'here' or 'apart' end

local DECODING = { null_as_nil = 'boolean' }

local function decode(task, text, options)
  bounds.text(text, task, 'text')
  local given = bounds.options(options, task, DECODING)
  if text == '' then return nil, bounds.invalid(task, 'the text is empty') end
  local problem = bounds.too_long(text, task)
  if problem then return nil, problem end
  return perform(where(text), task, text, given.null_as_nil or false)
end

--- Returns what the one document of a YAML text stands for, or nil and an error with line and column.
-- With `options.null_as_nil`, null is nil: it is left out of mappings, and can't stand in lists.
---@param text string
---@param options table?
---@return any
---@return any err
function M.decode(text, options)
  local value, problem = decode('yaml.decode', text, options)
  return value, problem
end

--- Returns a list of what the documents of a YAML text stand for, or nil and an error.
---@param text string
---@param options table?
---@return any
---@return any err
function M.decode_all(text, options)
  local value, problem = decode('yaml.decode_all', text, options)
  return value, problem
end

local ENCODING = { field_order = 'table', sort_unordered = 'boolean' }

-- About how much there is to write of a value, up to `most`.
local function size(value, most)
  if type(value) == 'string' then return #value + 1 end
  if type(value) ~= 'table' then return 1 end
  local sum = 1
  for key, each in next, value do
    sum = sum + (type(key) == 'string' and #key or 1) + size(each, most - sum)
    if sum > most then break end
  end
  return sum
end

--- Returns a value as YAML text, or nil and an error that names the place in the value. `options.field_order` is a list of the
-- keys that come first, in their order; the rest is sorted.
---@param value any
---@param options table?
---@return any
---@return any err
function M.encode(value, options)
  local given = bounds.options(options, 'yaml.encode', ENCODING)
  local order = given.field_order or {}
  for place, name in ipairs(order) do
    if type(name) ~= 'string' then error('yaml.encode: expected names as the `field_order`, got ' .. got(name) .. ' at ' .. place, 2) end
  end
  local ok, sum = pcall(size, value, bounds.SHORT)
  -- What is too deep, or holds itself, is found where it is passed on.
  return perform(ok and sum <= bounds.SHORT and 'here' or 'apart', 'yaml.encode', value, order)
end

return M
