-- wasi:clocks: the lane's own clock, which stands still under test. Times are nanoseconds; a guest's may be larger than a Lua
-- number counts exactly, which is centuries away.

local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local poll = require 'lua.wasi.p2.poll'

-- What both clocks count in.
local RESOLUTION = 1

-- Later than any clock shows, and a time that the system still takes.
local NEVER = 2 ^ 62

local function deadline(ns) return math.min(ns, NEVER) end

linking.provide('wasi:clocks/monotonic-clock', {
  now = function(_, io) io[0].u64 = clock.monotonic() end,
  resolution = function(_, io) io[0].u64 = RESOLUTION end,
  ['subscribe-instant'] = function(instance, io) io[0].u64 = poll.of_deadline(instance, deadline(tonumber(io[0].u64))) end,
  ['subscribe-duration'] = function(instance, io)
    local ends = clock.monotonic() + tonumber(io[0].u64)
    io[0].u64 = poll.of_deadline(instance, deadline(ends))
  end,
})

-- A datetime: u64 seconds, u32 nanoseconds.
local function put_datetime(instance, at, seconds, nanoseconds)
  local into = memory.at(instance, at, 16, 8)
  ffi.cast('uint64_t *', into)[0] = seconds
  ffi.cast('uint32_t *', into)[2] = nanoseconds
end

linking.provide('wasi:clocks/wall-clock', {
  now = function(instance, io) put_datetime(instance, io[0].u32, clock.wall()) end,
  resolution = function(instance, io) put_datetime(instance, io[0].u32, 0, RESOLUTION) end,
})

-- A guest learns nothing of where its host is: the zone is UTC.
linking.provide('wasi:clocks/timezone', {
  ['utc-offset'] = function(_, io) io[0].u64 = 0 end,
  display = function(instance, io)
    local ret = io[2].u32
    memory.at(instance, ret, 16, 4)
    return memory.allocate(instance, io, {
      { size = 3, align = 1 },
      done = function(_, asked)
        memory.put32(instance, ret, 0)
        memory.put_bytes(instance, ret + 4, asked[1], 'UTC')
        memory.put8(instance, ret + 12, 0)
      end,
    })
  end,
})
