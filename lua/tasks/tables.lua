-- The table of a component instance: all that its guest knows by an index (CanonicalABI.md, "Table State"). Indices are from 1, freed ones
-- first.

local protocol = require 'lua.guest.protocol'

local type = type

local M = {}

--- How many entries a table may have.
M.MOST = 2 ^ 20

--- A table: entries by index; a free index holds the next free one, or 0.
---@class HandleTable
---@field free integer
---@field next integer
---@field count integer how many entries there are
---@field [integer] any

---@return HandleTable
function M.new() return { free = 0, next = 1, count = 0 } end

--- Adds an entry; gives its index.
---@param t HandleTable
---@param entry table
---@return integer
function M.add(t, entry)
  local index = t.free
  if index > 0 then
    t.free = t[index]
  else
    index = t.next
    if index > M.MOST then protocol.trap(('too many handles: the guest holds %d, more than it may'):format(M.MOST)) end
    t.next = index + 1
  end
  t[index] = entry
  t.count = t.count + 1
  return index
end

--- Gives the entry of an index, or nil.
---@param t HandleTable
---@param index integer
---@return table?
function M.find(t, index)
  local entry = t[index]
  return type(entry) == 'table' and entry or nil
end

--- Gives the entry of an index; a trap where there is none.
---@param t HandleTable
---@param index integer
---@return table
function M.get(t, index)
  local entry = t[index]
  if type(entry) ~= 'table' then protocol.trap(('unknown handle index %d: the guest uses a handle that it does not have'):format(index)) end
  return entry
end

--- Gives the entry of an index that is of a kind; a trap where it is not.
---@param t HandleTable
---@param index integer
---@param kind string
---@return table
function M.of_kind(t, index, kind)
  local entry = M.get(t, index)
  if entry.kind ~= kind then
    protocol.trap(('handle index %d used with the wrong type: it is a %s, not a %s'):format(index, entry.kind, kind))
  end
  return entry
end

--- Takes an entry out.
---@param t HandleTable
---@param index integer
function M.remove(t, index)
  t[index] = t.free
  t.free = index
  t.count = t.count - 1
end

return M
