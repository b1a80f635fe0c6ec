-- Waitables: subtasks and ends of streams and futures, which have an event when something has come of them; and the sets in which guests
-- wait for several (CanonicalABI.md, "Waitable State").

local protocol = require 'lua.guest.protocol'

local M = {}

--- Events, by their numbers.
M.EVENTS = { none = 0, subtask = 1, stream_read = 2, stream_write = 3, future_read = 4, future_write = 5, canceled = 6 }
--- What a guest gets where nothing has come yet.
M.BLOCKED = 0xffffffff

--- What has events.
---@class Waitable
---@field kind string
---@field index integer? in the table of its component instance
---@field event (fun(waitable: Waitable): integer, integer)? gives the code of an event and its payload
---@field set WaitableSet? that it is in
---@field waiter table? a frame that waits for it alone

--- A set.
---@class WaitableSet
---@field kind string
---@field members table<Waitable, true>
---@field count integer
---@field waiting integer how many wait
---@field queue Waitable[] those that have had events, in order; some may have none any more
---@field head integer
---@field wake fun()? has who waits looked again
---@field waiters table<any, fun()>

---@return WaitableSet
function M.new_set() return { kind = 'waitable-set', members = {}, count = 0, waiting = 0, queue = {}, head = 1, waiters = {} } end

local function notify(set)
  for _, wake in pairs(set.waiters) do
    wake()
  end
end

--- Gives a waitable an event, and wakes who waits.
---@param w Waitable
---@param event fun(w: Waitable): integer, integer
function M.set_event(w, event)
  local had = w.event ~= nil
  w.event = event
  local set = w.set
  if set and not had then set.queue[#set.queue + 1] = w end
  if set then notify(set) end
  if w.waiter then w.waiter() end
end

--- Takes the event of a waitable: its code and payload.
---@param w Waitable
---@return integer code
---@return integer payload
function M.take_event(w)
  local event = w.event
  w.event = nil
  return event(w)
end

--- Tells whether a set has an event.
---@param set WaitableSet
---@return boolean
function M.has_event(set)
  local queue = set.queue
  while set.head <= #queue do
    local w = queue[set.head]
    if w.set == set and w.event then return true end
    queue[set.head] = false
    set.head = set.head + 1
  end
  set.queue, set.head = {}, 1
  return false
end

--- Takes the first event of a set, which has one: code, index and payload.
---@param set WaitableSet
---@return integer code
---@return integer index
---@return integer payload
function M.next_event(set)
  local w = set.queue[set.head]
  set.queue[set.head] = false
  set.head = set.head + 1
  local index = w.index
  local code, payload = M.take_event(w)
  return code, index, payload
end

--- Puts a waitable into a set, or into none for nil.
---@param w Waitable
---@param set WaitableSet?
function M.join(w, set)
  local before = w.set
  if before then
    before.members[w] = nil
    before.count = before.count - 1
  end
  w.set = set
  if not set then return end
  set.members[w] = true
  set.count = set.count + 1
  if w.event then
    set.queue[#set.queue + 1] = w
    notify(set)
  end
end

--- Ends a waitable.
---@param w Waitable
function M.drop(w)
  M.join(w, nil)
  w.event = nil
end

--- Checks that a set may be dropped.
---@param set WaitableSet
function M.check_set(set)
  if set.count > 0 then protocol.trap 'cannot drop waitable set with waitables in it' end
  if set.waiting > 0 then protocol.trap 'cannot drop waitable set with waiters: somebody waits for it' end
end

return M
