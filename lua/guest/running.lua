-- The instance whose guest runs. A call of the host by a guest says not which instance it comes from, and one guest runs at a time in a
-- lane, so whoever enters a guest with functions of the host says so here first.

local M = {}

--- The instance that was entered last.
M.instance = nil

--- Whether what the guest waits for has come; the dispatcher says so before it lets the guest go on.
M.come = false

--- Says that an instance is entered from now on; before each entry into a guest with functions of the host.
---@param instance Instance
function M.enter(instance) M.instance = instance end

--- Ends a guest that asks for its end, with a status: gives the reason of the trap that it ends in.
---@param instance Instance
---@param status integer
---@return string
function M.exit(instance, status)
  instance.exited = status
  return ('it exited with status %d'):format(status)
end

--- What sends the requests of instances: begin(instance) begins those in instance.unsent, leave(instance) ends those in instance.exchanges,
-- drain() passes on what was asked for. Set by the module that sets those fields (lua/wasi/exchange.lua).
M.exchanges = nil

--- What opens the files of instances: enter(instance, folders, owner) when one is made, leave(instance) closes what it has open
-- (lua/wasi/files/open.lua).
M.files = nil

--- What closes sockets: leave(instance) those of an instance, which are in its field `open`, close() those that are left when the lane
-- ends. Set by the module that sets that field (lua/wasi/sockets/held.lua).
M.sockets = nil

--- What drops the resources of providers that an instance still holds: leave(instance) when it ends (lua/imports/providers.lua).
M.provided = nil

return M
