-- Counting: functions of the registry as they are called, so that lua/pools/pools.lua has their calls, their errors and how long they take.

local clock = require 'lua.dispatcher.clock'
local errors = require 'lua.values.errors'
local dispatcher = require 'lua.dispatcher.dispatcher'
local pools = require 'lua.pools.pools'

local floor, max, min, monotonic = math.floor, math.max, math.min, clock.monotonic
local current = dispatcher.current
local TIMEOUT = errors.kinds.TIMEOUT

local M = {}

-- A call of a guest takes tens of nanoseconds, and to time it takes more than that, as LuaJIT has to leave its code for it. So one that
-- is quick is timed more and more rarely, until there are so many calls between two that timing takes less than a hundredth of all;
-- one that is long is timed each time. The second is timed so late that LuaJIT has compiled a loop around it by then, without timing.
local QUICK_NS, LONG_NS, LEAST_APART, MOST_APART = 2e3, 2e4, 256, 16384

-- The last error that was counted for each function: it may pass more than one place that counts.
local told = setmetatable({}, { __mode = 'v' })

local function failed(counts, err)
  if told[counts] == err then return end
  told[counts] = err
  counts.errors = counts.errors + 1
  if errors.is_error(err) and err:kind() == TIMEOUT then counts.timeouts = counts.timeouts + 1 end
end

--- Counts a call that is not made where it is counted otherwise, and its error, if it has one.
---@param id string
---@param err any?
function M.alone(id, err)
  local counts = pools.of(id).counts
  counts.calls = counts.calls + 1
  if err ~= nil then failed(counts, err) end
end

--- Takes back the count of a call that is made again elsewhere.
---@param id string
function M.again(id)
  local counts = pools.of(id).counts
  counts.calls = counts.calls - 1
end

--- Counts the error of a call elsewhere whose time is up.
---@param id string
function M.late(id)
  local counts = pools.of(id).counts
  counts.errors, counts.timeouts = counts.errors + 1, counts.timeouts + 1
end

--- Takes that back when it was counted elsewhere as well: what came at last is the error of its own limit.
---@param id string
---@param err any
function M.told(id, err)
  if err:kind() ~= TIMEOUT then return end
  local counts = pools.of(id).counts
  counts.errors, counts.timeouts = counts.errors - 1, counts.timeouts - 1
end

local function spent(counts, executed)
  counts.timed, counts.executed, counts.most_executed = counts.timed + 1, counts.executed + executed, max(counts.most_executed, executed)
end

--- `f`, the function of a target that can't wait, counted. Between two calls that are timed it only counts down, which
-- LuaJIT makes one instruction of; errors are counted where they are made, by `failed`.
---@param target Target
---@param f function
---@return function
function M.guest(target, f)
  local counts = pools.of(target.id).counts
  target.counts = counts
  local apart = 0

  local function finish(began, ...)
    local executed = monotonic() - began
    spent(counts, executed)
    if executed < QUICK_NS then
      apart = min(max(2 * apart, LEAST_APART), MOST_APART)
    else
      apart = floor(LONG_NS / executed)
    end
    counts.left, counts.between = apart, apart
    return ...
  end

  local function timed(...)
    counts.calls = counts.calls + counts.between - counts.left
    counts.left, counts.between = 0, 0
    return finish(monotonic(), f(...))
  end

  return function(...)
    counts.left = counts.left - 1
    if counts.left < 0 then return timed(...) end
    return f(...)
  end
end

--- Counts the error of a call that is made here, and gives it back. One that has only taken too long for this lane is called again.
---@param target Target
---@param err any
---@return any err
function M.failed(target, err)
  if target.counts and not target.interrupted then failed(target.counts, err) end
  return err
end

--- Counts an instance that was made for a target, once.
---@param target Target
---@param instance Instance
function M.made(target, instance)
  if instance.counts then return end
  local counts = pools.of(target.id).counts
  instance.counts = counts
  counts.made, counts.live = counts.made + 1, counts.live + 1
end

local function replaced(instance)
  local counts = instance.counts
  if counts then counts.replaced = counts.replaced + 1 end
end

--- Counts an instance whose call is failing, as one that is replaced. One that is in a call that may wait is counted where it ends.
---@param instance Instance
function M.failing(instance)
  if not instance.busy then replaced(instance) end
end

--- Counts an instance that ends.
---@param instance Instance
function M.ended(instance)
  local counts = instance.counts
  if not counts then return end
  counts.live = counts.live - 1
  -- It is in a call that waits, so that call has failed or is given up.
  if instance.busy then replaced(instance) end
end

local whole = setmetatable({}, { __mode = 'k' })

--- Says that `f` is counted in its parts.
---@param f function
---@return function f
function M.whole(f)
  whole[f] = true
  return f
end

local function queued(task) return task and task.queued or 0 end

--- `f`, a function that may wait, counted: each call is timed, without what it waited in a queue.
---@param id string
---@param f function
---@return function
function M.waiting(id, f)
  if whole[f] then return f end
  local counts = pools.of(id).counts

  -- What is not compiled together with `f` is by itself, where it is not a vararg function.
  local function begin()
    counts.calls = counts.calls + 1
    local task = current()
    return task, queued(task), monotonic()
  end

  local function finish(task, before, began, value, err)
    spent(counts, max(monotonic() - began - (queued(task) - before), 0))
    if err == nil then return value end
    failed(counts, err)
    return value, err
  end

  return function(...)
    local task, before, began = begin()
    return finish(task, before, began, f(...))
  end
end

return M
