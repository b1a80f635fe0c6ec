-- What an instance has open: it is closed with the instance, however that ends.

local connection = require 'lua.wasi.sockets.connection'
local running = require 'lua.guest.running'

local M = {}

--- Keeps `object` until `remove`, or until the instance ends: then close(object) is called.
---@param instance Instance
---@param object table
---@param close fun(object: table)
function M.add(instance, object, close)
  local open = instance.open
  if not open then
    open = {}
    instance.open = open
  end
  open[object] = close
end

--- Keeps it no longer.
---@param instance Instance
---@param object table
function M.remove(instance, object)
  if instance.open then instance.open[object] = nil end
end

--- Whose sockets those of an instance are, as they are counted.
---@param instance Instance
---@return string
function M.owner(instance) return instance.plan.key end

--- Ends all that an instance has open.
local function leave(instance)
  local open = instance.open
  instance.open = nil
  for object, close in pairs(open) do
    close(object)
  end
end

running.sockets = { leave = leave, close = connection.close_all }

return M
