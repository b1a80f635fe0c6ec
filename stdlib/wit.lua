-- The module `wit`: optionals, the end of resources, and WAVE, the text of WebAssembly values, read and written without their types.
--
-- Records and flags are maps, `name(x)` is `{name = x}`, a bare name is its string, `ok` and `err` without payload are
-- `{ok = true}` and `{err = true}`, `none` is `wit.none` and `some(x)` is `wit.some(x)`, so that nothing is lost.
local decoder = require 'stdlib.wave.decoder'
local encoder = require 'stdlib.wave.encoder'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local handles = require 'lua.guest.handles'
local maps = require 'lua.values.maps'
local optional = require 'lua.values.optional'

local type, error, getmetatable = type, error, getmetatable
local INVALID = errors.kinds.INVALID

local M = {}

--- What stands for an absent optional where nil can't: in lists, and inside another optional.
M.none = optional.none

--- Returns a present optional, to be told from an absent one inside another optional.
M.some = optional.some

--- Marks a table as a map, so that it can be passed on whatever its keys are: strings, booleans or integers. Maps that guests give are
-- marked, and those given to guests need not be.
function M.map(value)
  if type(value) ~= 'table' or getmetatable(value) ~= nil then error('wit.map: expected a plain table, got ' .. got(value), 2) end
  return maps.mark(value)
end

--- Ends a resource, as `handle:drop()` does where the resource has no method of that name itself.
function M.drop(handle)
  if not handles.is_handle(handle) then error('wit.drop: expected a resource handle, got ' .. type(handle), 2) end
  return handles.drop(handle)
end

--- Returns a value as WAVE text, or nil and an error that names the place in the value.
-- A map is written as a record, one with the sole key `ok` or `err` as a result. Names are sorted.
function M.encode(value)
  local text, problem = encoder.encode(value)
  if text then return text end
  return nil, errors.make { message = 'wit.encode: ' .. problem, kind = INVALID }
end

--- Returns what WAVE text stands for, or nil and an error with line and column.
function M.decode(text)
  if type(text) ~= 'string' then error('wit.decode: expected a string, got ' .. got(text), 2) end
  local value, problem = decoder.decode(text)
  if problem == nil then return value end
  return nil, errors.make { message = 'wit.decode: ' .. problem, kind = INVALID }
end

return M
