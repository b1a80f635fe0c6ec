-- The timers of a lane: a binary heap by deadline. Timers with the same deadline are due in the order they were set.
--
-- A timer belongs to its maker, and can be set again when it is not in the heap.
local floor = math.floor

local M = {}

---@class Timer
---@field deadline number monotonic nanoseconds
---@field callback function called with `a` and `b`; may not wait
---@field a any?
---@field b any?
---@field owner TaskGroup? one without an owner is for the host's own chores, and keeps no script alive
---@field index integer its place in the heap, 0 when it is not set
---@field order integer the number of its setting

local heap, count, order = {}, 0, 0
local foreground = 0

local function earlier(a, b)
  local x, y = a.deadline, b.deadline
  return x < y or x == y and a.order < b.order
end

local function up(timer, i)
  while i > 1 do
    local parent = floor(i / 2)
    local other = heap[parent]
    if not earlier(timer, other) then break end
    heap[i], other.index = other, i
    i = parent
  end
  heap[i], timer.index = timer, i
end

local function down(timer, i)
  while true do
    local child = 2 * i
    if child > count then break end
    local other = heap[child]
    if child < count and earlier(heap[child + 1], other) then
      child = child + 1
      other = heap[child]
    end
    if not earlier(other, timer) then break end
    heap[i], other.index = other, i
    i = child
  end
  heap[i], timer.index = timer, i
end

--- Makes a timer that is not set; one without an owner is in the background.
---@param owner TaskGroup?
---@param callback function
---@param a any?
---@param b any?
---@return Timer
function M.new(owner, callback, a, b) return { deadline = 0, callback = callback, a = a, b = b, owner = owner, index = 0, order = 0 } end

--- Sets a timer that is not set.
---@param timer Timer
---@param deadline number
function M.set(timer, deadline)
  order = order + 1
  timer.deadline, timer.order = deadline, order
  count = count + 1
  if timer.owner then foreground = foreground + 1 end
  up(timer, count)
end

--- Takes a timer out; returns whether it was set.
---@param timer Timer
---@return boolean
function M.cancel(timer)
  local i = timer.index
  if i == 0 then return false end
  timer.index = 0
  if timer.owner then foreground = foreground - 1 end
  local last = heap[count]
  heap[count] = nil
  count = count - 1
  if last ~= timer then
    down(last, i)
    if last.index == i then up(last, i) end
  end
  return true
end
local cancel = M.cancel

--- Calls back every timer that is due at `now`.
---@param now number
function M.fire(now)
  local last = order
  while count > 0 do
    local timer = heap[1]
    -- One that a callback has just set waits for the next turn.
    if timer.deadline > now or timer.order > last then return end
    cancel(timer)
    timer.callback(timer.a, timer.b)
  end
end

--- Returns the next deadline, or nil.
---@return number?
function M.next()
  if count > 0 then return heap[1].deadline end
end

--- Says whether a timer is set that is not in the background.
function M.any() return foreground > 0 end

--- Takes out all timers of an owner.
---@param owner TaskGroup
function M.clear(owner)
  local all, most = heap, count
  heap, count = {}, 0
  for i = 1, most do
    local timer = all[i]
    if timer.owner == owner then
      timer.index = 0
      foreground = foreground - 1
    else
      count = count + 1
      up(timer, count)
    end
  end
end

return M
