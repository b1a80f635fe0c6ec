-- Programs: a guest that is called once, for what it does, with the standard streams of the process. It is called as functions are
-- (lua/calls/direct.lua); what is its own is how it ends, by itself or with a status.

local console = require 'lua.programs.console'
local deadline = require 'lua.pools.deadline'
local direct = require 'lua.calls.direct'
local dispatcher = require 'lua.dispatcher.dispatcher'
local library = require 'lua.wasmtime.library'

local M = {}

-- Waits until a guest of WASI 0.3 has done what it goes on with after `run` has returned.
local function settle(plan, limit)
  local instance = plan.serving and plan.serving[1]
  local state = instance and instance.tasks
  while state and state.count > 0 and not state.dead do
    local task, generation = dispatcher.ticket()
    if not task then return end
    local function wake() dispatcher.wake(task, generation) end
    state.settled, state.calls[wake] = wake, true
    local problem = dispatcher.wait_until(limit, 'run')
    state.settled, state.calls[wake] = nil, nil
    if problem then return end
  end
end

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
  if err == nil then settle(plan, limit) end
  console.drain(limit)
  if status then return status end
  if err ~= nil then return nil, err end
  -- What `run` of a component gives; `_start` gives nothing.
  return type(value) == 'table' and value.err ~= nil and 1 or 0
end

return M
