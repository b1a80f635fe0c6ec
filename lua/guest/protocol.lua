-- How a function of the host ends: with a result, with a trap, or, where WebAssembly of our own stands before it, with what it asks for.
--
-- A plain function(instance, io) reads its core arguments from `io`, leaves its core result in io[0], and returns nothing, or the reason of
-- a trap. A function that may wait, or that gives what needs memory of the guest, stands behind WebAssembly (host/wasi/linkage.py), which
-- does what io[0].i64 asks for and calls "next" until nothing more is asked. So no function of the host ever calls into the guest, and only
-- the WebAssembly waits.

local M = {}

-- What io[0].i64 asks for: nothing more, or to wait; any other is a size in its lower half and an alignment in its upper one.
local DONE, WAIT, ALIGNMENT = 0, -1, 4294967296LL

local Trap = {}

--- Ends the guest with a trap; for code deep in a host function.
---@param reason string
function M.trap(reason) error(setmetatable({ reason = reason }, Trap), 0) end

--- The reason of a trap that `trap` has raised, or nil for any other error.
---@param problem any
---@return string?
function M.reason_of(problem) return getmetatable(problem) == Trap and problem.reason or nil end

--- Asks for nothing more.
---@param io ffi.cdata* mw_raw[]
function M.finish(io) io[0].i64 = DONE end

--- Asks to wait for `pending` (lua/wasi/p2/poll.lua), and to call after(instance, io) then.
---@param instance Instance
---@param io ffi.cdata* mw_raw[]
---@param pending table
---@param after fun(instance: Instance, io: ffi.cdata*): any
function M.wait(instance, io, pending, after)
  instance.pending, instance.after = pending, after
  io[0].i64 = WAIT
end

--- Asks for `size` bytes of the guest's memory, and to call after(instance, io, address) then.
---@param instance Instance
---@param io ffi.cdata* mw_raw[]
---@param size integer
---@param align integer
---@param after fun(instance: Instance, io: ffi.cdata*, at: integer): any
function M.ask_memory(instance, io, size, align, after)
  instance.after = after
  io[0].i64 = align * ALIGNMENT + size
end

--- Goes on where a function has asked for something: what "next" is.
---@param instance Instance
---@param io ffi.cdata* mw_raw[]
---@return string?
function M.next(instance, io) return instance.after(instance, io, io[0].u32) end

return M
