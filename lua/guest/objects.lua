-- The host's objects that a guest holds, such as streams and pollables: the guest knows each by a handle, an index into a table of its
-- instance's own.

local protocol = require 'lua.guest.protocol'

local type = type

local M = {}

--- How many handles a guest may hold.
M.MOST_HANDLES = 2 ^ 16

--- Gives the guest a handle of a host object: {kind =, ...}. One that belongs to another, its parent, must be dropped before it.
---@param instance Instance
---@param object table
---@param parent table?
---@return integer
function M.hand(instance, object, parent)
  if parent then
    object.parent = parent
    parent.children = (parent.children or 0) + 1
  end
  local held = instance.held
  local index = held.free
  if index then
    held.free = held[index]
  else
    index = held.next
    if index > M.MOST_HANDLES then protocol.trap(('the guest holds %d handles, more than it may'):format(M.MOST_HANDLES)) end
    held.next = index + 1
  end
  held[index] = object
  return index
end

--- The object of a guest's handle; a trap when there is none of that kind.
---@param instance Instance
---@param index integer
---@param kind string
---@return table
function M.object(instance, index, kind)
  local object = instance.held[index]
  if type(object) ~= 'table' or object.kind ~= kind then protocol.trap(('there is no %s with the handle %d'):format(kind, index)) end
  return object
end

--- Ends a guest's handle.
---@param instance Instance
---@param index integer
---@param kind string
function M.drop(instance, index, kind)
  local object = M.object(instance, index, kind)
  local parent = object.parent
  if object.children and object.children > 0 then
    protocol.trap(('the guest drops the %s %d before what belongs to it'):format(kind, index))
  end
  if parent then
    parent.children = parent.children - 1
    object.parent = nil
  end
  instance.held[index] = instance.held.free
  instance.held.free = index
end

return M
