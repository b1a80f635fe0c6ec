-- The run queue of a lane: the tasks that can run, and those that have given way while they compute. A task stands in one of them at most.

local notice = require('lua.dispatcher.epoch_state').notice

local M = {}

local first, last -- those that can run, linked by `next`
local first_busy, last_busy -- those that compute, linked by `next`

--- Puts a task that can run behind all others.
---@param task Task
function M.push(task)
  notice.others = 1
  if last then
    last.next = task
  else
    first = task
  end
  last = task
end

--- Puts a task that has given way while it computes behind those that compute too.
---@param task Task
function M.push_busy(task)
  if last_busy then
    last_busy.next = task
  else
    first_busy = task
  end
  last_busy = task
end

--- Returns the tasks that can run now, linked by `next`, and forgets them; nil when there are none.
---@return Task?
function M.take()
  local batch = first
  first, last = nil, nil
  return batch
end

--- Puts tasks that could run now, linked by `next`, behind those that compute.
---@param task Task the first
function M.defer(task)
  M.push_busy(task)
  while task.next do
    task = task.next
  end
  last_busy = task
end

--- Returns one of the tasks that compute, each in its turn, or nil.
---@return Task?
function M.take_busy()
  local task = first_busy
  if not task then return nil end
  first_busy, task.next = task.next, nil
  if not first_busy then last_busy = nil end
  return task
end

--- Says whether a task can run.
---@return boolean
function M.can_run() return first ~= nil or first_busy ~= nil end

return M
