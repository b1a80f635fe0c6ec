-- A lane's inbox: what other threads want of it arrives here, both while scripts run and while they all wait.
--
-- A sender (lua/lane.py) puts its message into the lane's queue, sets a flag in memory and makes a descriptor readable. Each turn
-- of the dispatcher looks at the flag, which costs a load; a lane with nothing to do waits on the descriptor.

local buffer = require 'string.buffer'
local ffi = require 'ffi'
local dispatcher = require 'lua.dispatcher'

ffi.cdef [[
typedef struct { int fd; short events; short revents; } mw_pollfd;
long read(int fd, void *into, size_t count);
]]

local C, floor = ffi.C, math.floor
local POLLIN = 1

local M = {}

-- Opens the inbox. `flag` is the address of a 32-bit number, `descriptor` an event descriptor that does not block,
-- `take()` gives the encoded list of messages, `handlers` has a function per kind of message.
function M.open(descriptor, flag, take, handlers)
  flag = ffi.cast('volatile uint32_t *', flag)
  local ready, count = ffi.new 'mw_pollfd[1]', ffi.new 'uint64_t[1]'
  local timeout = ffi.new 'mw_timespec'
  ready[0].fd, ready[0].events = descriptor, POLLIN

  function dispatcher.idle(ns)
    if flag[0] ~= 0 then return end
    if ns then timeout.seconds, timeout.nanoseconds = floor(ns / 1e9), ns % 1e9 end
    C.ppoll(ready, 1, ns and timeout or nil, nil)
  end

  table.insert(dispatcher.sources, function()
    if flag[0] == 0 then return end
    -- The flag first: a message that comes now sets it again.
    flag[0] = 0
    C.read(descriptor, count, 8)
    for _, message in ipairs(buffer.decode(take())) do handlers[message.kind](message) end
  end)
end

return M
