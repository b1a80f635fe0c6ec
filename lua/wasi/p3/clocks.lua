-- wasi:clocks of WASI 0.3: the lane's own clock, which stands still under test. Times are nanoseconds.

local calls = require 'lua.tasks.calls'
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'

local tonumber, min = tonumber, math.min

-- What both clocks count in.
local RESOLUTION = 1

-- Later than any clock shows, and a time that the system still takes.
local NEVER = 2 ^ 62

-- Waits as a task of the lane, which ends when the guest cancels its call or is ended.
local function wait(ns)
  -- What is past has come already. A guest that asks without end is left when its epoch is over.
  if ns <= 0 then return nil end
  return calls.later(function(resolve)
    local group = dispatcher.open(function(group)
      if group.results then resolve() end
    end, function() dispatcher.sleep(min(ns, NEVER), 'wasi:clocks') end)
    return function() dispatcher.cancel_group(group) end
  end)
end

calls.provide('wasi:clocks/monotonic-clock', {
  now = function() return clock.monotonic() end,
  ['get-resolution'] = function() return RESOLUTION end,
  ['wait-for'] = function(_, ns) return wait(tonumber(ns)) end,
  ['wait-until'] = function(_, mark) return wait(tonumber(mark) - clock.monotonic()) end,
})

calls.provide('wasi:clocks/system-clock', {
  now = function()
    local seconds, nanoseconds = clock.wall()
    return { seconds = seconds, nanoseconds = nanoseconds }
  end,
  ['get-resolution'] = function() return RESOLUTION end,
})
