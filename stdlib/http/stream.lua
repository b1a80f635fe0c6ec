-- The body of a response that is read piece by piece.
local callbacks = require 'lua.lane.ask'
local dispatcher = require 'lua.dispatcher.dispatcher'

local newproxy, getmetatable, setmetatable, setfields, getfields = newproxy, getmetatable, setmetatable, debug.setfenv, debug.getfenv
local type, error, ipairs, tostring, collectgarbage = type, error, ipairs, tostring, collectgarbage

local M = {}

--- How many a script, or a call, may have open at once: each holds a connection, and a server gives few.
M.MOST = 64

local PROTOTYPE = newproxy(true)
local META = getmetatable(PROTOTYPE)
META.__metatable = 'http_client.stream'

local methods = {}
-- How many streams are open, by the group that opened them.
local counts = setmetatable({}, { __mode = 'k' })

-- Notes that a stream is over; gives whether it was not before.
local function over(state)
  if state.over then return false end
  state.over = true
  -- The count is gone before the finalizer of a stream whose group is collected with it.
  counts[state.group] = (counts[state.group] or 1) - 1
  return true
end

local lost = {} -- numbers of streams that were collected without having been closed

local function fields(value, method)
  if type(value) ~= 'userdata' or getmetatable(value) ~= 'http_client.stream' then
    error('stream:' .. method .. '() is called on a ' .. type(value) .. ', write stream:' .. method .. '()', 3)
  end
  return getfields(value)
end

--- Returns the next piece of the body, as it arrives; nil at the end; nil and an error when it breaks off.
function methods.read(self)
  local state = fields(self, 'read')
  if state.over then return nil end
  local answer, problem = state.wait('read', tostring(state.number))
  if not answer then
    over(state)
    return nil, problem
  end
  if answer.body == '' then
    over(state)
    return nil
  end
  return answer.body
end

--- Ends the response; the rest of its body is not wanted.
function methods.close(self)
  local state = fields(self, 'close')
  if over(state) then callbacks.ask('fetch', 'close', state.number, '') end
end

META.__index = methods
META.__newindex = function() error("a stream can't be changed", 2) end
META.__tostring = function() return 'http_client.stream' end
-- A finalizer may run in the middle of anything, so it only notes.
META.__gc = function(value)
  local state = getfields(value)
  if state and state.number and over(state) then lost[#lost + 1] = state.number end
end

--- Takes room for a stream, which `open` or `release` uses; nil where the script, or the call, has too many open.
function M.reserve()
  local task = dispatcher.current()
  local group = task and task.group or M
  if (counts[group] or 0) >= M.MOST then
    -- Those that nobody holds any more count until they are collected.
    collectgarbage()
    M.drain()
    if (counts[group] or 0) >= M.MOST then return nil end
  end
  counts[group] = (counts[group] or 0) + 1
  return group
end

--- Gives back what `reserve` has taken.
---@param group table
function M.release(group) counts[group] = (counts[group] or 1) - 1 end

--- Makes a stream in its room; `wait(operation, data)` is stdlib/http_client.lua's.
---@param number integer
---@param wait function
---@param group table
---@return table
function M.open(number, wait, group)
  local value = newproxy(PROTOTYPE)
  setfields(value, { number = number, wait = wait, over = false, group = group })
  return value
end

--- Closes the streams that nobody holds any more.
function M.drain()
  if not lost[1] then return end
  local numbers = lost
  lost = {}
  for _, number in ipairs(numbers) do
    callbacks.ask('fetch', 'close', number, '')
  end
end

return M
