-- The module `registry`: what the project declares, to be read.
local callbacks = require 'lua.lane.ask'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local intermediate = require 'lua.values.intermediate'
local text = require 'stdlib.values.text' 'registry'

local ask, error, next, type = callbacks.ask, error, next, type

local M = {}

local SELECTORS = { ['.kind'] = true, ['.ns'] = true, ['.name'] = true }
local SCALARS = { string = true, number = true, boolean = true }

--- Returns an entry, or nil and an error of kind NotFound.
---@param id string
---@return table?
---@return Error?
function M.get(id)
  ---@type border.DeclaredEntry?, Error?
  local answer, problem = ask('registry_get', text(id, 'get', 'id'))
  if not answer then return nil, problem end
  return intermediate.decode(answer.entry)
end

--- Returns the entries that have all that a filter names, in the order of the project's files; all of them without one.
---@param filter? table
---@return table[]?
---@return Error?
function M.find(filter)
  if filter == nil then filter = {} end
  if type(filter) ~= 'table' then error('registry.find: expected a table as the filter, got ' .. got(filter), 2) end
  local pairs = {}
  for name, value in next, filter do
    if type(name) ~= 'string' then error('registry.find: expected names in the filter, got the key ' .. got(name), 2) end
    if name:sub(1, 1) == '.' and not SELECTORS[name] then
      error("registry.find: expected .kind, .ns, .name or a name of meta in the filter, got '" .. name:sub(1, 60) .. "'", 2)
    end
    if not SCALARS[type(value)] then
      error("registry.find: expected a string, number or boolean for '" .. name:sub(1, 60) .. "', got " .. got(value), 2)
    end
    pairs[name] = value
  end
  local encoded, why = intermediate.encode(pairs)
  if not encoded then return nil, errors.make { kind = errors.kinds.INVALID, message = 'registry.find: the ' .. why } end
  ---@type border.DeclaredEntries?, Error?
  local answer, problem = ask('registry_find', encoded)
  if not answer then return nil, problem end
  return intermediate.decode(answer.entries)
end

--- Takes an id apart: "namespace:name".
---@param id string
---@return {ns: string, name: string}
function M.parse_id(id)
  local ns, name = text(id, 'parse_id', 'id'):match '^([^:]*):(.*)$'
  return { ns = ns or '', name = name or id }
end

return M
