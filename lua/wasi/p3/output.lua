-- Where standard output and error of a guest of WASI 0.3 go, as sinks (lua/wasi/p2/streams.lua).

local printing = require 'lua.guest.printing'

local M = {}

local nowhere = {
  room = function() return printing.ROOM end,
  failure = function() end,
  write = function() end,
}

--- Gives the sink of a stream: that of the process for a program, where the lane prints for others, and nowhere without the grant.
---@param instance Instance
---@param name "stdout"|"stderr"
---@param granted boolean?
---@return table
function M.sink(instance, name, granted)
  if not granted then return nowhere end
  local console = instance.plan.console
  if console then return console[name] end
  return {
    room = function() return printing.ROOM end,
    failure = function() return printing.failure(instance, name) end,
    write = function(text)
      printing.print(instance, name, text)
      printing.flush(instance)
    end,
    finish = function()
      if instance.written then printing.flush(instance, true) end
    end,
  }
end

return M
