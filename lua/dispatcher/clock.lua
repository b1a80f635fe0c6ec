-- The one place that reads the system's clocks. Times are nanoseconds as Lua numbers, exact for 104 days of uptime;
-- wall time is whole seconds and nanoseconds, exact forever.
local ffi = require 'ffi'

ffi.cdef [[
typedef struct { long seconds; long nanoseconds; } mw_timespec;
int clock_gettime(int clock, mw_timespec *out);
int ppoll(void *descriptors, unsigned long count, const mw_timespec *timeout, const void *signals);
]]

local C, floor, tonumber = ffi.C, math.floor, tonumber
local REALTIME, MONOTONIC, THREAD = 0, 1, 3
local wall_out, thread_out, monotonic_out, timeout =
  ffi.new 'mw_timespec', ffi.new 'mw_timespec', ffi.new 'mw_timespec', ffi.new 'mw_timespec'

local M = {}

-- The test clock: nil, or the nanoseconds that have passed on it.
local passed
-- When a test clock starts, in seconds: 2024-01-01T00:00:00Z.
local TEST_START = 1704067200

--- Returns monotonic time in nanoseconds.
---@return number
function M.monotonic()
  if passed then return passed end
  return M.system()
end

--- Returns monotonic time in nanoseconds, of the system even under a test clock: for what happens outside.
---@return number
function M.system()
  C.clock_gettime(MONOTONIC, monotonic_out)
  return tonumber(monotonic_out.seconds) * 1e9 + tonumber(monotonic_out.nanoseconds)
end

--- Returns how long this thread has had the processor, in nanoseconds: what it takes does not depend on what else the machine does.
function M.computed()
  C.clock_gettime(THREAD, thread_out)
  return tonumber(thread_out.seconds) * 1e9 + tonumber(thread_out.nanoseconds)
end

--- Returns wall time: seconds since 1970 and nanoseconds.
---@return integer seconds
---@return integer nanoseconds
function M.wall()
  if passed then
    local seconds = floor(passed / 1e9)
    return TEST_START + seconds, passed - seconds * 1e9
  end
  C.clock_gettime(REALTIME, wall_out)
  return tonumber(wall_out.seconds), tonumber(wall_out.nanoseconds)
end

--- Waits for `ns` nanoseconds, or a signal.
---@param ns number
function M.pause(ns)
  timeout.seconds = floor(ns / 1e9)
  timeout.nanoseconds = ns % 1e9
  C.ppoll(nil, 0, timeout, nil)
end

--- Stops time for tests: from now on it only moves by `jump`.
function M.test() passed = 0 end

--- Says whether time stands still.
function M.is_test() return passed ~= nil end

--- Moves the test clock on to `ns`.
---@param ns number
function M.jump(ns)
  if ns > passed then passed = ns end
end

return M
