-- What channels are made of: buffers, and queues of those who wait, in order. For `stdlib.channel`, and for modules that
-- hand out channels of their own.
--
-- A waiter is a node in a queue: {task, generation, value, ok, index, queue, before, after, sibling}. A task waits in one
-- plain operation at a time and keeps a node for that; a select takes one per case from a pool. Nothing is allocated
-- for a wait.
--
-- A channel may be due: at a moment it gives the time by itself, once or periodically. Only those who wait set a timer for that, so
-- a channel that nobody waits for any more costs nothing and is collected.
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local timers = require 'lua.dispatcher.timers'
local with_methods = require 'stdlib.values.methods'

local newproxy, getmetatable, setmetatable, error = newproxy, getmetatable, setmetatable, error
local setfields = debug.setfenv
local floor = math.floor
local ticket, rouse, park_until, LATE = dispatcher.ticket, dispatcher.rouse, dispatcher.park_until, dispatcher.LATE
local timer_at, cancel_timer, monotonic = dispatcher.timer, dispatcher.cancel_timer, clock.monotonic

local M = {}

--- The methods of channels, filled by `stdlib.channel`.
M.methods = {}

local PROTOTYPE = newproxy(true)
local META = getmetatable(PROTOTYPE)
META.__metatable = 'channel'

-- Channel -> its state. Weak on both sides and only an index: what keeps the state alive is the channel's environment,
-- so that a channel that holds itself is collected.
local state_of = setmetatable({}, { __mode = 'kv' })
M.state_of = state_of

--- Makes a channel that buffers `size` values; returns it and its state.
---@param size integer
---@return userdata
---@return table
function M.new(size)
  local channel = newproxy(PROTOTYPE)
  local state = {
    size = size,
    count = 0,
    head = 0,
    items = {},
    closed = false,
    receivers = { first = nil, last = nil },
    senders = { first = nil, last = nil },
    -- When it is due on the monotonic clock, every how many nanoseconds again, and what makes the time of nanoseconds ago.
    due = false,
    period = false,
    moment = false,
  }
  setfields(channel, state)
  state_of[channel] = state
  return channel, state
end

META.__tostring = function(channel)
  local state = state_of[channel]
  return 'channel (' .. state.count .. ' of ' .. state.size .. (state.closed and ', closed)' or ')')
end

META.__index = with_methods(M.methods, 'a channel')

META.__newindex = function() error("a channel can't be changed, only be sent to, received from and closed", 2) end

-- Queues -------------------------------------------------------------------------------------------------------

---@param queue table
---@param node table
function M.append(queue, node)
  local last = queue.last
  node.queue, node.before, node.after = queue, last, nil
  if last then
    last.after = node
  else
    queue.first = node
  end
  queue.last = node
end
local append = M.append

---@param node table
function M.remove(node)
  local queue = node.queue
  if not queue then return end
  local before, after = node.before, node.after
  if before then
    before.after = after
  else
    queue.first = after
  end
  if after then
    after.before = before
  else
    queue.last = before
  end
  node.queue, node.before, node.after = nil, nil, nil
end
local remove = M.remove

-- Wakes the first in a queue that still waits; returns its node, which the value goes into or comes from, or nil. Not a loop, so that
-- LuaJIT compiles it together with its caller: nearly always the first does wait.
local function answer(queue, ok)
  local node = queue.first
  if not node then return nil end
  local after = node.after
  queue.first = after
  if after then
    after.before = nil
  else
    queue.last = nil
  end
  node.queue, node.after = nil, nil
  local task = node.task
  if rouse(task, node.generation) then
    task.a = node
    node.ok = ok
    return node
  end
  return answer(queue, ok)
end

-- Operations that never wait --------------------------------------------------------------------------------------

local function put(state, value)
  local at = state.head + state.count
  if at >= state.size then at = at - state.size end
  state.items[at] = value
  state.count = state.count + 1
end

--- Sends if somebody receives or there is room: true, or false; nil when the channel is closed.
---@param state table
---@param value any
---@return boolean?
function M.send_nowait(state, value)
  if state.closed then return nil end
  local node = answer(state.receivers, true)
  if node then
    node.value = value
    return true
  end
  if state.count < state.size then
    put(state, value)
    return true
  end
  return false
end
local send_nowait = M.send_nowait

-- The time that a channel is due with, or nil while it is not.
local function take_due(state)
  local due, now = state.due, monotonic()
  if due > now then return nil end
  local period = state.period
  -- Times that were missed are not made up for.
  state.due = period and due + (floor((now - due) / period) + 1) * period or false
  return state.moment(now - due)
end

--- Receives if there is something: true, value, ok; else false.
---@param state table
---@return boolean
---@return any
---@return boolean?
function M.receive_nowait(state)
  if state.count > 0 then
    local head, items = state.head, state.items
    local value = items[head]
    items[head] = nil
    state.head = head + 1 < state.size and head + 1 or 0
    state.count = state.count - 1
    -- There is room now for the first that waits to send.
    local node = answer(state.senders, true)
    if node then
      put(state, node.value)
      node.value = nil
    end
    return true, value, true
  end
  local node = answer(state.senders, true)
  if node then
    local value = node.value
    node.value = nil
    return true, value, true
  end
  if state.closed then return true, nil, false end
  if state.due then
    local value = take_due(state)
    if value then return true, value, true end
  end
  return false
end
local receive_nowait = M.receive_nowait

--- Closes: those that wait to receive get nil, false, those that wait to send an error. Returns false when it was closed before.
---@param state table
---@return boolean
function M.close(state)
  if state.closed then return false end
  state.closed = true
  while answer(state.receivers, false) do
  end
  while answer(state.senders, false) do
  end
  return true
end

-- Channels that are due ------------------------------------------------------------------------------------------

-- Called when a channel that is waited for may be due: gives the time to the first who waits.
local function ring(node, state)
  if node.queue ~= state.receivers then return end
  if state.due and state.due <= monotonic() then
    local first = answer(state.receivers, true)
    if first then first.value = take_due(state) end
  end
  if state.due and node.queue then timers.set(node.timer, state.due) end
end

--- Sets a timer for a node that waits to receive from a channel that is due; `silence` takes it back.
---@param node table
---@param state table
function M.listen(node, state) node.timer = timer_at(state.due, ring, node, state) end
local listen = M.listen

--- Takes back what `listen` has set.
---@param node table
function M.silence(node)
  cancel_timer(node.timer)
  node.timer = false
end
local silence = M.silence

--- Has a channel be due at `due`, monotonic nanoseconds, and then every `period`; false: no longer, and never again.
---@param state table
---@param due number|false
---@param period? number
function M.set_due(state, due, period)
  state.due, state.period = due, period
  local node = state.receivers.first
  while node do
    if node.timer then cancel_timer(node.timer) end
    if due and node.timer then
      timers.set(node.timer, due)
    elseif due then
      listen(node, state)
    end
    node = node.after
  end
end

-- Operations that wait --------------------------------------------------------------------------------------------

local function too_late(what)
  return errors.make { message = what .. ' within the time to wait', kind = errors.kinds.TIMEOUT, retryable = true }
end

local function own_node(task, generation, value)
  local node = task.node
  if not node then
    node = {
      task = task,
      generation = 0,
      value = nil,
      ok = false,
      index = 0,
      queue = nil,
      before = nil,
      after = nil,
      sibling = nil,
      timer = false,
    }
    task.node = node
  end
  if node.queue then remove(node) end
  node.generation, node.value = generation, value
  return node
end

--- Sends, waiting if need be, at most `ns` nanoseconds where that is not nil. Returns nil, and an error where the time has passed; or a
--- problem to be raised.
---@param state table
---@param value any
---@param ns? number
---@return any
---@return Error?
function M.send(state, value, ns)
  local sent = send_nowait(state, value)
  if sent then return nil end
  if sent == nil then return 'send on a closed channel' end
  if ns and ns <= 0 then return nil, too_late 'nobody received' end
  local task, generation = ticket()
  if not task then return generation end
  local node = own_node(task, generation, value)
  append(state.senders, node)
  local problem = park_until(ns and monotonic() + ns, 'channel send')
  node.value = nil
  if problem then
    remove(node)
    if problem == LATE then return nil, too_late 'nobody received' end
    return problem
  end
  if not node.ok then return 'send on a closed channel' end
end

--- Receives, waiting if need be, at most `ns` nanoseconds where that is not nil. Returns nil, value, ok, and an error where the time has
--- passed; or a problem to be raised.
---@param state table
---@param ns? number
---@return any
---@return any
---@return boolean?
---@return Error?
function M.receive(state, ns)
  local received, value, ok = receive_nowait(state)
  if received then return nil, value, ok end
  if ns and ns <= 0 then return nil, nil, false, too_late 'nothing came' end
  local task, generation = ticket()
  if not task then return generation end
  local node = own_node(task, generation, nil)
  append(state.receivers, node)
  if state.due then listen(node, state) end
  local problem = park_until(ns and monotonic() + ns, 'channel receive')
  if node.timer then silence(node) end
  if problem then
    remove(node)
    if problem == LATE then return nil, nil, false, too_late 'nothing came' end
    return problem
  end
  value = node.value
  node.value = nil
  return nil, value, node.ok
end

return M
