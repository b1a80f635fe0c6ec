-- Resources that cross between a guest and what answers its imports. All of them are the provider's: no import can speak of a resource that
-- the component defines itself. Such a resource is whatever Lua value the provider says it is, nil and false excepted; the guest has a
-- number for it (lua/guest/objects.lua).
-- Source: CanonicalABI.md, "lift_own", "lift_borrow", "lower_own".

local objects = require 'lua.guest.objects'

local type = type

local M = {}

-- The object of a handle of resource number `resource`, and its kind; nil where there is none.
local function object(instance, resource, index)
  local kind = instance.plan.foreign[resource]
  local found = instance.held[index]
  if not kind or type(found) ~= 'table' or found.kind ~= kind then return nil end
  return found, kind
end

--- Takes what is behind the guest's handle out of its table, for `own`; nil where there is no such handle.
---@param instance Instance
---@param resource integer
---@param index integer
---@return any
function M.take(instance, resource, index)
  local found, kind = object(instance, resource, index)
  if not found then return nil end
  objects.drop(instance, index, kind)
  return found.value
end

--- Gives what is behind the guest's handle, for `borrow`; nil where there is no such handle.
---@param instance Instance
---@param resource integer
---@param index integer
---@return any
function M.reach(instance, resource, index)
  local found = object(instance, resource, index)
  return found and found.value
end

--- Gives the guest a handle of resource number `resource`.
---@param instance Instance
---@param value any
---@param resource integer
---@return integer?
function M.give(instance, value, resource) return objects.hand(instance, { kind = instance.plan.foreign[resource], value = value }) end

return M
