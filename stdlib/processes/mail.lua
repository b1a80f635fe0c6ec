-- What a process receives: messages in its inbox and in the channels of topics that it listens to, and events. Each is a channel that
-- takes so many and no more, and is made when it is asked for.
local errors = require 'lua.values.errors'
local intermediate = require 'lua.values.intermediate'
local object = require 'stdlib.fs.object'
local queue = require 'stdlib.channel.queue'

local type, error, next = type, error, next

local M = {}

--- How many messages an inbox, and each topic that is listened to, takes before some are received.
M.MOST = 10000
--- How many topics a process may listen to.
M.MOST_TOPICS = 1000
-- Events of ends are as many as processes that are monitored or linked, and none may be lost; requests to cancel are anybody's.
local ENDLESS, MOST_REQUESTS = 2 ^ 31, 1000

--- The mail of a process.
---@class Mailbox
---@field inbox ChannelPair? the channel and its state
---@field events ChannelPair?
---@field topics table<string, Listener>
---@field count integer how many of those
---@field closed boolean

--- A channel and its state.
---@class ChannelPair
---@field channel userdata
---@field state table

--- A topic that is listened to.
---@class Listener: ChannelPair
---@field whole boolean messages are received, and not only their values

---@return Mailbox
function M.new() return { inbox = nil, events = nil, topics = {}, count = 0, closed = false } end

---@return ChannelPair
local function pair(size)
  local channel, state = queue.new(size)
  return { channel = channel, state = state }
end

-- Messages ---------------------------------------------------------------------------------------------------------------

local class = object.class('Message', 'a message', function(state) return 'Message (' .. state.topic .. ')' end)

local function checked(message, name)
  local state = class.state(message)
  if not state then error('message:' .. name .. ' is called on ' .. object.described(message) .. ', write msg:' .. name .. '()', 3) end
  return state
end

--- Returns the topic that the message was sent with.
function class.methods.topic(message) return checked(message, 'topic').topic end

--- Returns the pid of the sender.
function class.methods.from(message) return checked(message, 'from').from end

--- Returns the value as a Payload: `msg:payload():data()` is the value itself.
function class.methods.payload(message)
  local state = checked(message, 'payload')
  return (require('stdlib.data.payload').new(state.value))
end

--- Copies a value for another process, by the rules of all that crosses between lanes; gives nil and what is wrong where it can't be.
---@param value any
---@return any
---@return string? wrong
function M.copy(value)
  local kind = type(value)
  if kind == 'string' or kind == 'number' or kind == 'boolean' or kind == 'nil' then return value end
  local encoded, why = intermediate.encode(value)
  if not encoded then return nil, why end
  return (intermediate.decode(encoded))
end

-- Sending ----------------------------------------------------------------------------------------------------------------

local function full(pid, topic)
  return errors.make {
    message = ("process.send: the inbox of %s is full: %d messages of '%s' or others wait there"):format(pid, M.MOST, topic),
    kind = errors.kinds.UNAVAILABLE,
    retryable = true,
  }
end

-- Inboxes are channels, which their processes may close.
local function closed(pid, topic)
  return errors.make {
    message = ("process.send: %s has closed its channel of messages of '%s'"):format(pid, topic),
    kind = errors.kinds.UNAVAILABLE,
  }
end

--- Puts a value into a mailbox; gives true, or nil and an error.
---@param box Mailbox
---@param pid string of the mailbox's process
---@param from string
---@param topic string
---@param value any a copy
---@return boolean? ok
---@return any err
function M.deliver(box, pid, from, topic, value)
  local listener = box.topics[topic]
  local into = listener or box.inbox
  if not into then
    into = pair(M.MOST)
    box.inbox = into
  end
  if not listener or listener.whole then value = class.new { topic = topic, from = from, value = value } end
  local sent = queue.send_nowait(into.state, value)
  if sent then return true end
  if sent == nil then return nil, closed(pid, topic) end
  return nil, full(pid, topic)
end

---@param box Mailbox
---@return ChannelPair
local function events_of(box)
  box.events = box.events or pair(ENDLESS)
  return box.events
end

--- Puts an event into a mailbox.
---@param box Mailbox
---@param event table
function M.event(box, event)
  if not box.closed then queue.send_nowait(events_of(box).state, event) end
end

--- Puts a request to end into a mailbox; gives false where too many wait there.
---@param box Mailbox
---@param event table
---@return boolean
function M.request(box, event)
  local events = events_of(box)
  if events.state.count >= MOST_REQUESTS then return false end
  return queue.send_nowait(events.state, event) == true
end

-- Receiving --------------------------------------------------------------------------------------------------------------

--- Gives the channel of messages of no topic that is listened to.
---@param box Mailbox
function M.inbox(box)
  box.inbox = box.inbox or pair(M.MOST)
  return box.inbox.channel
end

--- Gives the channel of events.
---@param box Mailbox
function M.events(box) return events_of(box).channel end

--- Has what is sent with a topic come into a channel of its own; gives the channel, or nil and an error.
---@param box Mailbox
---@param topic string
---@param whole boolean
---@return userdata?
---@return any err
function M.listen(box, topic, whole)
  if box.topics[topic] then
    local message = ("process.listen: the process listens to '%s' already"):format(topic)
    return nil, errors.make { message = message, kind = errors.kinds.ALREADY_EXISTS }
  end
  if box.count >= M.MOST_TOPICS then
    local message = ('process.listen: expected at most %d topics of a process'):format(M.MOST_TOPICS)
    return nil, errors.make { message = message, kind = errors.kinds.INVALID }
  end
  local channel, state = queue.new(M.MOST)
  box.topics[topic], box.count = { channel = channel, state = state, whole = whole }, box.count + 1
  return channel
end

--- Ends what `listen` began, and closes its channel; tells whether it was one.
---@param box Mailbox
---@param channel any
---@return boolean
function M.unlisten(box, channel)
  for topic, listener in next, box.topics do
    if listener.channel == channel then
      box.topics[topic], box.count = nil, box.count - 1
      queue.close(listener.state)
      return true
    end
  end
  return false
end

--- Closes a mailbox whose process has ended.
---@param box Mailbox
function M.close(box) box.closed = true end

return M
