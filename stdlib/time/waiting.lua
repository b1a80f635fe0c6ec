-- Waiting for time to pass: sleep, after, timers and tickers. What gives a channel has it be due, see stdlib/channel/queue.lua.
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'
local duration = require 'stdlib.values.duration'
local errors = require 'lua.values.errors'
local with_methods = require 'stdlib.values.methods'

local newproxy, getmetatable, type, error, tonumber, tostring = newproxy, getmetatable, type, error, tonumber, tostring
local getfields, setfields = debug.getfenv, debug.setfenv
local monotonic, max = clock.monotonic, math.max

local M = {}

-- Loaded when the first timer is made: a script that only sleeps needs no channels.
local queue

local function channel()
  if not queue then
    require 'stdlib.channel'
    queue = require 'stdlib.channel.queue'
  end
  return queue.new(1)
end

local function nanoseconds(value, name)
  -- Numbers first: no int64 is made for them.
  if type(value) == 'number' and value < 2 ^ 53 and value > -2 ^ 53 then return value end
  local ns, problem = duration.of(value)
  if not ns then error(name .. ': ' .. problem, 3) end
  return tonumber(ns)
end

local now -- time.now, set when stdlib/time.lua is loaded

--- Sets what gives the time: this module is below the one that has it.
---@param f fun(): userdata
function M.set_now(f) now = f end

-- The time `ago` nanoseconds before now, when a channel became due.
local function moment(ago) return now():sub(ago) end

-- Has a channel give the time after `ns` nanoseconds, and then every `period`.
local function set(state, ns, period)
  state.moment = moment
  queue.set_due(state, monotonic() + max(ns, 0), period or false)
end

--- Waits for a duration. With 0 or less, lets everything else run first that can.
---@param value any
function M.sleep(value)
  local problem = dispatcher.sleep(nanoseconds(value, 'time.sleep'), 'time.sleep')
  if problem then error(problem, 2) end
end

--- Returns a channel on which the time comes, once, after a duration.
---@param value any
---@return userdata
function M.after(value)
  local ns = nanoseconds(value, 'time.after')
  local made, state = channel()
  set(state, ns)
  return made
end

local function class(name, methods)
  local prototype = newproxy(true)
  local meta = getmetatable(prototype)
  local called = name:lower()
  meta.__metatable = called
  meta.__tostring = function() return called end
  meta.__newindex = function() error('a ' .. name .. " can't be changed", 2) end
  meta.__index = with_methods(methods, 'a ' .. name)
  return function(fields)
    local value = newproxy(prototype)
    setfields(value, fields)
    return value
  end, function(value, method)
    if type(value) == 'userdata' and getmetatable(value) == called then return getfields(value) end
    error(called .. ':' .. method .. '() is called on a ' .. type(value) .. ', write ' .. called .. ':' .. method .. '()', 3)
  end
end

-- Timers -------------------------------------------------------------------------------------------------------

local timer_methods = {}
local new_timer, timer_fields = class('Timer', timer_methods)

-- As in Go since 1.23: after stop and reset nothing from before comes out of the channel.
local function stop(fields)
  local pending = fields.state.due ~= false
  queue.set_due(fields.state, false, false)
  return pending
end

local function invalid(message) return nil, errors.make { message = message, kind = errors.kinds.INVALID } end

-- How long a new timer or ticker takes, or nil and an error.
local function period_of(value, name)
  local ns, problem = duration.of(value)
  if not ns then return invalid(name .. ': ' .. problem) end
  ns = tonumber(ns)
  if ns < 1 then return invalid(name .. ': expected a duration longer than 0, got ' .. tostring(value)) end
  return ns
end

--- Returns a timer whose channel gets the time once, after a duration; or nil and an error.
---@param value any
---@return userdata?
---@return Error?
function M.timer(value)
  local ns, problem = period_of(value, 'time.timer')
  if not ns then return nil, problem end
  local made, state = channel()
  set(state, ns)
  return new_timer { channel = made, state = state }
end

--- Returns the channel of a timer.
function timer_methods.channel(timer) return timer_fields(timer, 'channel').channel end

--- Returns the channel of a timer, as `channel` does.
function timer_methods.response(timer) return timer_fields(timer, 'response').channel end

--- Stops a timer; returns whether it was still to come, or had come and was not received.
function timer_methods.stop(timer) return stop(timer_fields(timer, 'stop')) end

--- Sets a timer again; returns whether it was still to come, or had come and was not received.
function timer_methods.reset(timer, value)
  local fields = timer_fields(timer, 'reset')
  local ns = nanoseconds(value, 'timer:reset')
  local pending = stop(fields)
  set(fields.state, ns)
  return pending
end

-- Tickers ------------------------------------------------------------------------------------------------------

local ticker_methods = {}
local new_ticker, ticker_fields = class('Ticker', ticker_methods)

--- Returns a ticker whose channel gets the time every period, or nil and an error; ticks that nobody receives in time are dropped.
---@param value any
---@return userdata?
---@return Error?
function M.ticker(value)
  local period, problem = period_of(value, 'time.ticker')
  if not period then return nil, problem end
  local made, state = channel()
  set(state, period, period)
  return new_ticker { channel = made, state = state }
end

--- Returns the channel of a ticker.
function ticker_methods.channel(ticker) return ticker_fields(ticker, 'channel').channel end

--- Returns the channel of a ticker, as `channel` does.
function ticker_methods.response(ticker) return ticker_fields(ticker, 'response').channel end

--- Stops a ticker, and returns whether it ran; its channel stays open.
function ticker_methods.stop(ticker) return stop(ticker_fields(ticker, 'stop')) end

--- Starts a ticker anew with another period.
function ticker_methods.reset(ticker, value)
  local fields = ticker_fields(ticker, 'reset')
  local ns = nanoseconds(value, 'ticker:reset')
  if ns < 1 then error('ticker:reset: expected a duration longer than 0, got ' .. tostring(value), 2) end
  stop(fields)
  set(fields.state, ns, ns)
end

return M
