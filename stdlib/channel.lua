-- The module `channel`: Go's channels. Who waits to send or to receive is served in order; nil may be sent.
local queue = require "stdlib.channel.queue"
local select_case = require("stdlib.channel.select").select
local nearest = require "lua.nearest"

local type, error, pairs, tostring, getmetatable, setmetatable = type, error, pairs, tostring, getmetatable, setmetatable
local state_of, methods = queue.state_of, queue.methods
local queue_send, queue_receive = queue.send, queue.receive

local MOST_BUFFERED = 2 ^ 31

local M = {}

local function described(value)
  return value == nil and "nothing" or (type(value) == "userdata" and "another userdata" or "a " .. type(value))
end

local function misused(channel, name)
  error("channel:" .. name .. " is called on " .. described(channel) .. ", write ch:" .. name .. "(...)", 3)
end

--- Makes a channel that holds up to `size` values that nobody has received; 0, the default, hands each over directly.
function M.new(size)
  if size == nil then size = 0 end
  if type(size) ~= "number" or size % 1 ~= 0 or size < 0 or size > MOST_BUFFERED then
    error("channel.new: the size must be a whole number from 0, not " .. (type(size) == "number" and size or described(size)), 2)
  end
  return (queue.new(size))
end

--- Sends a value; waits while nobody receives and the buffer is full. Raises when the channel is closed.
function methods.send(channel, value)
  local state = state_of[channel]
  if not state then misused(channel, "send") end
  local problem = queue_send(state, value)
  if problem then error(problem, 2) end
end

--- Receives a value, and true; waits while there is none. Of a closed channel that is empty, nil and false.
function methods.receive(channel)
  local state = state_of[channel]
  if not state then misused(channel, "receive") end
  local problem, value, ok = queue_receive(state)
  if problem then error(problem, 2) end
  return value, ok
end

--- Closes the channel: nothing can be sent any more, what is buffered can still be received.
function methods.close(channel)
  local state = state_of[channel]
  if not state then misused(channel, "close") end
  if not queue.close(state) then error("close of a closed channel", 2) end
end

-- Cases: what a script holds is a table without fields, which it can use again.
local cases = setmetatable({}, { __mode = "k" })
local CASE = {
  __metatable = "channel case",
  __newindex = function() error("a case of channel.select can't be changed", 2) end,
  __tostring = function() return "case of channel.select" end,
}

local function new_case(channel, state, sends, value)
  local case = setmetatable({}, CASE)
  cases[case] = { channel = channel, state = state, sends = sends, value = value }
  return case
end

--- Returns a case for `channel.select` that sends `value`.
function methods.case_send(channel, value)
  local state = state_of[channel]
  if not state then misused(channel, "case_send") end
  return new_case(channel, state, true, value)
end

--- Returns a case for `channel.select` that receives.
function methods.case_receive(channel)
  local state = state_of[channel]
  if not state then misused(channel, "case_receive") end
  return new_case(channel, state, false, nil)
end

local function check(given)
  if type(given) ~= "table" or cases[given] then
    error("channel.select: a table of cases is expected, not " .. (cases[given] and "a case: write channel.select{...}" or described(given)), 3)
  end
  local count = #given
  for key in pairs(given) do
    if key ~= "default" and not (type(key) == "number" and key >= 1 and key <= count and key % 1 == 0) then
      error("channel.select: unknown field '" .. tostring(key) .. "'" .. nearest.hint(key, { "default" }), 3)
    end
  end
  if given.default ~= nil and type(given.default) ~= "boolean" then
    error("channel.select: default must be true or false, not " .. described(given.default), 3)
  end
  local list = {}
  for i = 1, count do
    list[i] = cases[given[i]]
    if not list[i] then
      local hint = getmetatable(given[i]) == "channel" and " channel: write ch:case_receive() or ch:case_send(value)" or nil
      error("channel.select: case " .. i .. " is " .. (hint and "a" .. hint or described(given[i]) .. ", not a case"), 3)
    end
  end
  return list, count
end

--- Does the first of the cases that can go on; waits while none can, or takes `default = true`. Returns
-- `{channel, value, ok}`, or `{default = true, ok = true}`. Sending on a closed channel raises.
function M.select(given)
  local list, count = check(given)
  local problem, index, value, ok = select_case(list, count, given.default)
  if problem then error(problem, 2) end
  if index == 0 then return { default = true, ok = true } end
  if ok == nil then error("channel.select: send on a closed channel (case " .. index .. ")", 2) end
  return { channel = list[index].channel, value = value, ok = ok }
end

return M
