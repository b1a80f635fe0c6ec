-- The module `channel`: Go's channels. Coroutines that wait to send or to receive are served in order; nil may be sent.
local got = require 'lua.values.got'
local queue = require 'stdlib.channel.queue'
local select_case = require('stdlib.channel.select').select
local nearest = require 'lua.values.nearest'

local type, error, next, tonumber, tostring, rawget = type, error, next, tonumber, tostring, rawget
local state_of, methods = queue.state_of, queue.methods
local queue_send, queue_receive = queue.send, queue.receive

local MOST_BUFFERED = 2 ^ 31

local M = {}

-- Loaded with the first timeout.
local duration

local function described(value)
  return value == nil and 'nothing' or (type(value) == 'userdata' and 'another userdata' or 'a ' .. type(value))
end

local function misused(channel, name)
  error('channel:' .. name .. ' is called on ' .. described(channel) .. ', write ch:' .. name .. '(...)', 3)
end

--- Makes a channel that holds up to `size` values that nobody has received; 0, the default, hands each over directly.
function M.new(size)
  if size == nil then size = 0 end
  if type(size) ~= 'number' or size % 1 ~= 0 or size < 0 or size > MOST_BUFFERED then
    error('channel.new: expected a whole number from 0 as the size, got ' .. (type(size) == 'number' and size or got(size)), 2)
  end
  return (queue.new(size))
end

-- A timeout in nanoseconds; nil is none. Blamed on who called the method.
local function time_to_wait(timeout, name)
  if timeout == nil then return nil end
  duration = duration or require 'stdlib.values.duration'
  local ns, wrong = duration.of(timeout)
  if not ns then error('channel:' .. name .. ': the timeout: ' .. wrong, 3) end
  return tonumber(ns)
end

--- Sends a value and returns true; waits while nobody receives and the buffer is full. Raises when the channel is closed. After
--- `timeout` (a duration, if given) it returns false and an error of kind Timeout.
function methods.send(channel, value, timeout)
  local state = state_of[channel]
  if not state then misused(channel, 'send') end
  local problem, late = queue_send(state, value, time_to_wait(timeout, 'send'))
  if problem then error(problem, 2) end
  if late then return false, late end
  return true
end

--- Receives a value, and true; waits while there is none. Of a closed channel that is empty, nil and false. After `timeout` (a duration,
--- if given) it returns nil, false and an error of kind Timeout.
function methods.receive(channel, timeout)
  local state = state_of[channel]
  if not state then misused(channel, 'receive') end
  local problem, value, ok, late = queue_receive(state, time_to_wait(timeout, 'receive'))
  if problem then error(problem, 2) end
  if late then return nil, false, late end
  return value, ok
end

--- Closes the channel: nothing can be sent any more, what is buffered can still be received. To close it again does nothing.
function methods.close(channel)
  local state = state_of[channel]
  if not state then misused(channel, 'close') end
  queue.close(state)
end

--- Returns a case for `channel.select` that sends `value`; it may be used again.
function methods.case_send(channel, value)
  if not state_of[channel] then misused(channel, 'case_send') end
  return { channel = channel, sends = true, value = value }
end

--- Returns a case for `channel.select` that receives; it may be used again.
function methods.case_receive(channel)
  if not state_of[channel] then misused(channel, 'case_receive') end
  return { channel = channel, sends = false, value = nil }
end

local function refuse(given)
  if type(given) ~= 'table' or state_of[rawget(given, 'channel')] then
    error(
      'channel.select: expected a table of cases, got ' .. (type(given) == 'table' and 'a case: write channel.select{...}' or got(given)),
      3
    )
  end
  for key in next, given do
    if key ~= 'default' and not (type(key) == 'number' and key >= 1 and key <= #given and key % 1 == 0) then
      error("channel.select: unknown field '" .. tostring(key) .. "'" .. nearest.hint(key, { 'default' }), 3)
    end
  end
  error('channel.select: expected true or false as default, got ' .. got(rawget(given, 'default')), 3)
end

local function refuse_case(case, i)
  local what = described(case) .. ', not a case'
  if state_of[case] then what = 'a channel: write ch:case_receive() or ch:case_send(value)' end
  error('channel.select: case ' .. i .. ' is ' .. what, 3)
end

--- Does the first of the cases that can go on; waits while none can, or takes `default = true`. Returns
-- `{channel, value, ok}`, or `{default = true, ok = true}`. Sending on a closed channel raises.
function M.select(given)
  if type(given) ~= 'table' then refuse(given) end
  local count, default, keys = #given, rawget(given, 'default'), 0
  if default ~= nil then
    if type(default) ~= 'boolean' then refuse(given) end
    keys = 1
  end
  for _ in next, given do
    keys = keys - 1
  end
  if keys ~= -count then refuse(given) end
  -- Raw reads: nothing of the script runs from here on until it waits.
  for i = 1, count do
    local case = rawget(given, i)
    if type(case) ~= 'table' or not state_of[rawget(case, 'channel')] then refuse_case(case, i) end
  end
  local problem, index, value, ok = select_case(given, count, default)
  if problem then error(problem, 2) end
  if index == 0 then return { default = true, ok = true } end
  if ok == nil then error('channel.select: send on a closed channel (case ' .. index .. ')', 2) end
  return { channel = rawget(rawget(given, index), 'channel'), value = value, ok = ok }
end

return M
