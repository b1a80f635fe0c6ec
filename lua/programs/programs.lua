-- Programs: a guest that is called once, for what it does, with the standard streams of the process. It is called as functions are
-- (lua/calls/direct.lua); what is its own is how it ends, by itself or with a status.

local console = require 'lua.programs.console'
local deadline = require 'lua.pools.deadline'
local direct = require 'lua.calls.direct'
local library = require 'lua.wasmtime.library'

local M = {}

--- Runs a program to its end, in a task: gives its status, or nil and an error. What it has written is written then.
---@param host table<string, function> the Python functions of the lane
---@param entry border.GuestEntry
---@return integer? status
---@return any err
function M.run(host, entry)
  library.open(host)
  local plan = direct.prepare(entry.plan)
  plan.console = console.open()
  local made, f, target = pcall(direct.bind, entry, plan, entry.lift, true)
  if not made then
    if type(f) ~= 'table' or not f.too_large then error(f, 0) end
    return nil, direct.too_large(entry.id, f.too_large)
  end
  local failed, status = target.failed, nil
  function target.failed(report)
    status = report.exited
    return failed(report)
  end
  local limit = deadline.of(entry.id, entry.limit_ms)
  local value, err = f()
  console.drain(limit)
  if status then return status end
  if err ~= nil then return nil, err end
  -- What `run` of a component gives; `_start` gives nothing.
  return type(value) == 'table' and value.err ~= nil and 1 or 0
end

return M
