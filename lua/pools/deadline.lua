-- When calls have to be over. `max_execution_ms` counts from the call to its end, whatever it waits for. A call may have to wait for its
-- code first (lua/calls/compiling.lua); its task keeps when that wait began until the call asks for its deadline.

local clock = require 'lua.dispatcher.clock'
local current = require('lua.dispatcher.dispatcher').current
local errors = require 'lua.values.errors'

local monotonic = clock.monotonic

local M = {}

--- Says when the call of `id` that `task` is about to make began.
---@param task Task
---@param id string
---@param began number monotonic nanoseconds
function M.set(task, id, began)
  task.called, task.began = id, began
end

--- Forgets that, where the call was refused before it asked.
---@param task Task
function M.clear(task)
  task.called, task.began = nil, nil
end

--- Gives when a call of `id` that is made now has to be over.
---@param id string
---@param ms number? its limit
---@return number? deadline monotonic nanoseconds
---@return boolean earlier whether it began before now
function M.of(id, ms)
  local task = current()
  if not task or not task.began then return ms and monotonic() + ms * 1e6, false end
  local mine, began = task.called == id, task.began
  -- What it calls itself begins when it is called.
  M.clear(task)
  return ms and (mine and began or monotonic()) + ms * 1e6, mine
end

--- Makes the error of a call that was not over by its limit, and may be made again.
---@param entry border.GuestEntry|border.LuaEntry|border.ClusterEntry
---@return Error
function M.passed(entry) return errors.late(entry.id, entry.limit_ms, { entry = entry.id, retryable = true }) end

return M
