-- A lane's inbox: what other threads want of it arrives here, both while scripts run and while they all wait.
--
-- Python (lua/lane/lane.py) puts its message into the lane's queue, sets a flag in memory and makes a descriptor readable; other lanes
-- use mailboxes (lua/lane/mailbox.lua). Each turn of the dispatcher looks at the flag and the mailboxes, which costs a load each; a lane
-- with nothing to do waits on the descriptor.

local buffer = require 'string.buffer'
local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'
local descriptors = require 'lua.dispatcher.descriptors'
local dispatcher = require 'lua.dispatcher.dispatcher'
local epoch_state = require 'lua.dispatcher.epoch_state'
local mailbox = require 'lua.lane.mailbox'

ffi.cdef [[
long read(int fd, void *into, size_t count);
int sched_yield(void);
]]

local C, min = ffi.C, math.min
local monotonic = clock.monotonic

-- To be woken takes longer than a short call in another lane. So a lane that has just had to do with another one looks for news for
-- a while, letting other threads go first, before it sleeps; after some times in vain only now and then.
local PATIENCE_NS = 50e3
local MOST_IN_VAIN, NOW_AND_THEN = 4, 32

local M = {}

local boxes = {}
local expecting, in_vain, idled = false, 0, 0

--- Has `deliver(kind, number, text)` called for each letter in the mailbox at an address.
---@param address integer
---@param deliver fun(kind: integer, number: integer, text: string): any
function M.receive(address, deliver) boxes[#boxes + 1] = mailbox.receiver(address, deliver) end

--- Says that a letter was sent, whose answer may be here soon.
function M.expect() expecting = true end

-- Opens the inbox. `flag` is the address of a 32-bit number, `descriptor` an event descriptor that does not block,
-- `take()` gives the encoded list of messages, `handlers` has a function per kind of message, and `failed(message, problem)` answers
-- one whose handler has raised: the others of its kind must not pay for it.
---@param descriptor integer
---@param flag integer
---@param take fun(): string
---@param handlers table<string, function>
---@param failed fun(message: border.Message, problem: any)
function M.open(descriptor, flag, take, handlers, failed)
  flag = ffi.cast('volatile uint32_t *', flag)
  epoch_state.notice.news = flag
  local count = ffi.new 'uint64_t[1]'

  local function has_news()
    for i = 1, #boxes do
      if boxes[i].has_news() then return true end
    end
    return flag[0] ~= 0
  end

  -- Looks for news without sleeping; tells whether time has passed.
  local function look_out(ns)
    expecting = false
    idled = idled + 1
    if in_vain >= MOST_IN_VAIN and idled % NOW_AND_THEN ~= 0 then return false end
    local till = monotonic() + min(ns or PATIENCE_NS, PATIENCE_NS)
    repeat
      -- A call into C: after it LuaJIT reads memory again.
      C.sched_yield()
      if has_news() then
        in_vain = 0
        return true
      end
    until monotonic() >= till
    in_vain = in_vain + 1
    return true
  end

  dispatcher.idle_by(function(ns)
    if flag[0] ~= 0 or expecting and look_out(ns) then return end
    for i = 1, #boxes do
      if not boxes[i].sleep() then return end
    end
    if descriptors.pause(ns, descriptor) then C.read(descriptor, count, 8) end
    for i = 1, #boxes do
      boxes[i].wake()
    end
  end)

  dispatcher.on_turn(function()
    for i = 1, #boxes do
      if boxes[i].has_news() then
        boxes[i].take()
        expecting = true
      end
    end
    if flag[0] == 0 then return end
    -- The flag first: a message that comes now sets it again.
    flag[0] = 0
    for _, message in ipairs(buffer.decode(take())) do
      local ok, problem = pcall(handlers[message.kind], message)
      if not ok then failed(message, problem) end
    end
  end)
end

return M
