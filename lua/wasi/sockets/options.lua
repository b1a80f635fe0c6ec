-- The options of sockets. Getters give a number, or nil and a case of error-code; setters a case of error-code, or nil.
--
-- What is out of the system's range is set to its nearest end. Times are nanoseconds outside and whole seconds inside, rounded up, so that
-- none becomes the 0 that means the system's own.

local errors = require 'lua.wasi.sockets.errors'
local system = require 'lua.wasi.sockets.system'

local min, max, ceil = math.min, math.max, math.ceil

local M = {}

local SOCKET, IP, TCP, IPV6 = 1, 0, 6, 41
local SEND_BUFFER, RECEIVE_BUFFER, KEEP_ALIVE = 7, 8, 9
local TIME_TO_LIVE, UNICAST_HOPS = 2, 16
local IDLE, INTERVAL, COUNT = 4, 5, 6
local MOST = 2 ^ 31 - 1
-- As far as Linux goes.
local MOST_SECONDS, MOST_COUNT = 32767, 127

local function get(socket, level, name)
  if not socket.watched.descriptor then return nil, errors.INVALID_STATE end
  local value, number = system.option(socket.watched.descriptor, level, name)
  if not value then return nil, errors.code_of(number) end
  return value
end

local function set(socket, level, name, value)
  if not socket.watched.descriptor then return errors.INVALID_STATE end
  local number = system.set_option(socket.watched.descriptor, level, name, value)
  return number and errors.code_of(number)
end

local function hops(socket)
  if socket.family == 4 then return IP, TIME_TO_LIVE end
  return IPV6, UNICAST_HOPS
end

function M.hop_limit(socket) return get(socket, hops(socket)) end

function M.set_hop_limit(socket, value)
  if value == 0 then return errors.INVALID_ARGUMENT end
  local level, name = hops(socket)
  return set(socket, level, name, value)
end

-- Linux doubles what it is told, for what it keeps beside the bytes, and tells the double.
local function buffer(name)
  return function(socket)
    local size, code = get(socket, SOCKET, name)
    if not size then return nil, code end
    return size / 2
  end, function(socket, value)
    if value == 0 then return errors.INVALID_ARGUMENT end
    return set(socket, SOCKET, name, min(value, MOST))
  end
end
M.receive_buffer, M.set_receive_buffer = buffer(RECEIVE_BUFFER)
M.send_buffer, M.set_send_buffer = buffer(SEND_BUFFER)

function M.keep_alive(socket) return get(socket, SOCKET, KEEP_ALIVE) end
function M.set_keep_alive(socket, value) return set(socket, SOCKET, KEEP_ALIVE, value ~= 0 and 1 or 0) end

local function seconds(name)
  return function(socket)
    local value, code = get(socket, TCP, name)
    if not value then return nil, code end
    return value * 1e9
  end, function(socket, value)
    if value == 0 then return errors.INVALID_ARGUMENT end
    return set(socket, TCP, name, max(min(ceil(value / 1e9), MOST_SECONDS), 1))
  end
end
M.keep_alive_idle, M.set_keep_alive_idle = seconds(IDLE)
M.keep_alive_interval, M.set_keep_alive_interval = seconds(INTERVAL)

function M.keep_alive_count(socket) return get(socket, TCP, COUNT) end

function M.set_keep_alive_count(socket, value)
  if value == 0 then return errors.INVALID_ARGUMENT end
  return set(socket, TCP, COUNT, min(value, MOST_COUNT))
end

return M
