-- Waiting for time to pass: sleep, after, timers and tickers, all on the dispatcher's timer heap.
local clock = require "lua.clock"
local dispatcher = require "lua.dispatcher"
local duration = require "stdlib.time.duration"
local nearest = require "lua.nearest"

local newproxy, getmetatable, type, error, tonumber, pairs, tostring = newproxy, getmetatable, type, error, tonumber, pairs, tostring
local getfields, setfields = debug.getfenv, debug.setfenv
local monotonic = clock.monotonic
local ceil = math.ceil

local M = {}

-- Loaded when the first timer is made: a script that only sleeps needs no channels.
local queue

local function channel()
  if not queue then
    require "stdlib.channel"
    queue = require "stdlib.channel.queue"
  end
  return queue.new(1)
end

local function nanoseconds(value, name)
  -- Numbers first: no int64 is made for them.
  if type(value) == "number" and value < 2 ^ 53 and value > -2 ^ 53 then return value end
  local ns, problem = duration.of(value)
  if not ns then error(name .. ": " .. problem, 3) end
  return tonumber(ns)
end

-- The time that goes through a timer's channel. What was not received is there still: a tick is dropped.
local function deliver(state)
  queue.send_nowait(state, M.now())
end

--- Waits for a duration. With 0 or less, lets everything else run first that can.
function M.sleep(value)
  local problem = dispatcher.sleep(nanoseconds(value, "time.sleep"), "time.sleep")
  if problem then error(problem, 2) end
end

--- Returns a channel on which the time comes, once, after a duration.
function M.after(value)
  local ns = nanoseconds(value, "time.after")
  local made, state = channel()
  dispatcher.timer(monotonic() + ns, deliver, state)
  return made
end

local function class(name, methods)
  local prototype = newproxy(true)
  local meta = getmetatable(prototype)
  local called = name:lower()
  meta.__metatable = called
  meta.__tostring = function() return called end
  meta.__newindex = function() error("a " .. name .. " can't be changed", 2) end
  meta.__index = function(_, key)
    if methods[key] then return methods[key] end
    local names = {}
    for known in pairs(methods) do names[#names + 1] = known end
    error("a " .. name .. " has no method '" .. tostring(key) .. "'" .. nearest.hint(key, names), 2)
  end
  return function(fields)
    local value = newproxy(prototype)
    setfields(value, fields)
    return value
  end, function(value, method)
    if type(value) == "userdata" and getmetatable(value) == called then return getfields(value) end
    error(called .. ":" .. method .. "() is called on a " .. type(value) .. ", write " .. called .. ":" .. method .. "()", 3)
  end
end

-- Timers -------------------------------------------------------------------------------------------------------

local timer_methods = {}
local new_timer, timer_fields = class("Timer", timer_methods)

--- Returns a timer whose channel gets the time once, after a duration.
function M.timer(value)
  local ns = nanoseconds(value, "time.timer")
  local made, state = channel()
  return new_timer { channel = made, state = state, timer = dispatcher.timer(monotonic() + ns, deliver, state) }
end

--- Returns the channel of a timer.
function timer_methods.channel(timer) return timer_fields(timer, "channel").channel end

-- As in Go since 1.23: after stop and reset nothing from before comes out of the channel.
local function stop(fields)
  local pending = dispatcher.cancel_timer(fields.timer)
  local unread = queue.receive_nowait(fields.state)
  return pending or unread
end

--- Stops a timer; returns whether it was still to come.
function timer_methods.stop(timer) return stop(timer_fields(timer, "stop")) end

--- Sets a timer again; returns whether it was still to come.
function timer_methods.reset(timer, value)
  local fields = timer_fields(timer, "reset")
  local ns = nanoseconds(value, "timer:reset")
  local pending = stop(fields)
  fields.timer = dispatcher.timer(monotonic() + ns, deliver, fields.state)
  return pending
end

-- Tickers ------------------------------------------------------------------------------------------------------

local ticker_methods = {}
local new_ticker, ticker_fields = class("Ticker", ticker_methods)

local function tick(fields)
  local now = monotonic()
  local due = fields.due + fields.period
  -- Ticks that have been missed are not made up for.
  if due <= now then due = fields.due + ceil((now - fields.due) / fields.period) * fields.period end
  if due <= now then due = now + fields.period end
  fields.due = due
  -- Set by the loop, which no task runs in: the ticker's own group.
  fields.timer = dispatcher.timer(due, tick, fields, nil, fields.timer.owner)
  deliver(fields.state)
end

local function period_of(value, name)
  local ns = nanoseconds(value, name)
  if not (ns >= 1) then error(name .. ": the period must be longer than 0", 3) end
  return ns
end

local function set(fields, period)
  fields.period, fields.due = period, monotonic() + period
  fields.timer = dispatcher.timer(fields.due, tick, fields)
end

--- Returns a ticker whose channel gets the time every period; ticks that nobody receives in time are dropped.
function M.ticker(value)
  local period = period_of(value, "time.ticker")
  local made, state = channel()
  local fields = { channel = made, state = state, timer = nil, period = period, due = 0 }
  set(fields, period)
  return new_ticker(fields)
end

--- Returns the channel of a ticker.
function ticker_methods.channel(ticker) return ticker_fields(ticker, "channel").channel end

--- Stops a ticker; its channel stays open.
function ticker_methods.stop(ticker) stop(ticker_fields(ticker, "stop")) end

--- Starts a ticker anew with another period.
function ticker_methods.reset(ticker, value)
  local fields = ticker_fields(ticker, "reset")
  local period = period_of(value, "ticker:reset")
  stop(fields)
  set(fields, period)
end

return M
