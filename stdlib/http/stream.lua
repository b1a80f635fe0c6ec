-- The body of a response that is read piece by piece.
local callbacks = require 'lua.callbacks'

local newproxy, getmetatable, setfields, getfields = newproxy, getmetatable, debug.setfenv, debug.getfenv
local type, error, ipairs, tostring = type, error, ipairs, tostring

local M = {}

local PROTOTYPE = newproxy(true)
local META = getmetatable(PROTOTYPE)
META.__metatable = 'http_client.stream'

local methods = {}
local lost = {}   -- numbers of streams that were collected without having been closed

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
    state.over = true
    return nil, problem
  end
  if answer.body == '' then
    state.over = true
    return nil
  end
  return answer.body
end

--- Ends the response; the rest of its body is not wanted.
function methods.close(self)
  local state = fields(self, 'close')
  if not state.over then
    state.over = true
    callbacks.ask('fetch', 'close', state.number, '')
  end
end

META.__index = methods
META.__newindex = function() error('a stream can\'t be changed', 2) end
META.__tostring = function() return 'http_client.stream' end
-- A finalizer may run in the middle of anything, so it only notes.
META.__gc = function(value)
  local state = getfields(value)
  if state and state.number and not state.over then lost[#lost + 1] = state.number end
end

--- Makes a stream; `wait(operation, data)` is stdlib/http_client.lua's.
function M.open(number, wait)
  local value = newproxy(PROTOTYPE)
  setfields(value, { number = number, wait = wait, over = false })
  return value
end

--- Closes the streams that nobody holds any more.
function M.drain()
  if not lost[1] then return end
  local numbers = lost
  lost = {}
  for _, number in ipairs(numbers) do callbacks.ask('fetch', 'close', number, '') end
end

return M
