-- TCP sockets of guests: their states, and what happens to them in each. Functions give nil or a case of error-code at the end.
--
-- A socket is {state =, progress =, watched = what its descriptor is watched by, family =, backlog =, ...}. `progress` is what was started
-- and not finished: 'bind', 'connect' or 'listen'. The state is 'unbound', 'bound', 'listening', 'connecting', 'connected' or 'closed'.
-- Source: the WIT of wasi:sockets 0.2.

local ffi = require 'ffi'
local address = require 'lua.wasi.sockets.address'
local connection = require 'lua.wasi.sockets.connection'
local descriptors = require 'lua.dispatcher.descriptors'
local errors = require 'lua.wasi.sockets.errors'
local held = require 'lua.wasi.sockets.held'
local permissions = require 'lua.wasi.sockets.permissions'
local system = require 'lua.wasi.sockets.system'

local C = ffi.C
local READABLE, WRITABLE = descriptors.READABLE, descriptors.WRITABLE

local M = {}

-- How many connections may wait to be accepted, unless the guest says otherwise.
local BACKLOG = 128
local MOST_BACKLOG = 2 ^ 31 - 1

-- What a guest waits for that has started something with the socket, or listens.
local function source_of(socket)
  local function ready()
    local watched = socket.watched
    if not watched.descriptor or socket.failed then return true end
    if socket.state == 'connecting' then return descriptors.now(watched.descriptor, WRITABLE) ~= 0 end
    if socket.state == 'listening' and not socket.progress then return descriptors.now(watched.descriptor, READABLE) ~= 0 end
    return true
  end
  return {
    ready = ready,
    watch = function(task, generation, wake) return descriptors.watch(socket.watched, ready, task, generation, wake) end,
  }
end

local function make(instance, watched, family, state)
  local socket = { kind = 'tcp-socket', instance = instance, watched = watched, family = family, state = state, backlog = BACKLOG }
  socket.source = source_of(socket)
  held.add(instance, socket, M.close)
  return socket
end

--- Gives a new socket of a family (4 or 6), or nil and why not.
function M.open(instance, family)
  local watched, code = system.open(held.owner(instance), family, system.STREAM)
  if not watched then return nil, code end
  return make(instance, watched, family, 'unbound')
end

--- Ends a socket. What its guest has written is still sent.
function M.close(socket)
  held.remove(socket.instance, socket)
  socket.state = 'closed'
  if socket.connection then return connection.close(socket.connection) end
  system.close(socket.watched)
end

-- Binding --------------------------------------------------------------------------------------------------------------

--- Begins to bind a socket, which is all that there is to it.
function M.start_bind(socket, wanted)
  if socket.progress then return errors.CONCURRENCY_CONFLICT end
  if socket.state ~= 'unbound' then return errors.INVALID_STATE end
  if not address.fits(wanted, socket.family) or not address.is_unicast(wanted) then return errors.INVALID_ARGUMENT end
  local instance, port = socket.instance, address.port(wanted)
  if not permissions.may_listen(instance, wanted, port) and not permissions.may_bind(instance, port) then return errors.ACCESS_DENIED end
  if C.bind(socket.watched.descriptor, wanted, address.size(wanted)) ~= 0 then return errors.code_of(ffi.errno()) end
  socket.state, socket.progress, socket.asked = 'bound', 'bind', port
end

function M.finish_bind(socket)
  if socket.progress ~= 'bind' then return errors.NOT_IN_PROGRESS end
  socket.progress = nil
end

-- Connecting -----------------------------------------------------------------------------------------------------------

--- Begins to connect a socket; what goes wrong at once is what finishing it gives.
function M.start_connect(socket, remote)
  if socket.progress then return errors.CONCURRENCY_CONFLICT end
  if socket.state ~= 'unbound' and socket.state ~= 'bound' then return errors.INVALID_STATE end
  if not address.fits(remote, socket.family) or not address.is_unicast(remote) or not address.is_remote(remote) then
    return errors.INVALID_ARGUMENT
  end
  if not permissions.may_connect(socket.instance, remote) then return errors.ACCESS_DENIED end
  local number = 0
  if C.connect(socket.watched.descriptor, remote, address.size(remote)) ~= 0 then number = ffi.errno() end
  if number ~= 0 and number ~= errors.IN_PROGRESS and number ~= errors.INTERRUPTED then socket.failed = errors.code_of_connect(number) end
  socket.state, socket.progress, socket.remote = 'connecting', 'connect', remote
end

--- Gives the connection of a socket: its input's source and its output's sink; or nil and why not.
function M.finish_connect(socket)
  if socket.progress ~= 'connect' then return nil, errors.NOT_IN_PROGRESS end
  if not socket.failed then
    if descriptors.now(socket.watched.descriptor, WRITABLE) == 0 then return nil, errors.WOULD_BLOCK end
    local number = system.failure(socket.watched)
    if number ~= 0 then socket.failed = errors.code_of_connect(number) end
  end
  socket.progress = nil
  if socket.failed then
    -- Nothing but dropping it is left.
    local code = socket.failed
    M.close(socket)
    return nil, code
  end
  socket.state = 'connected'
  socket.connection = connection.new(socket.watched)
  return socket.connection
end

-- Listening ------------------------------------------------------------------------------------------------------------

function M.start_listen(socket)
  if socket.progress then return errors.CONCURRENCY_CONFLICT end
  if socket.state ~= 'bound' then return errors.INVALID_STATE end
  local own = address.new()
  local number = system.local_address(socket.watched, own)
  if number then return errors.code_of(number) end
  if not permissions.may_listen(socket.instance, own, socket.asked) then return errors.ACCESS_DENIED end
  if C.listen(socket.watched.descriptor, socket.backlog) ~= 0 then return errors.code_of(ffi.errno()) end
  socket.state, socket.progress = 'listening', 'listen'
end

function M.finish_listen(socket)
  if socket.progress ~= 'listen' then return errors.NOT_IN_PROGRESS end
  socket.progress = nil
end

--- Takes a connection that has come: gives its socket, connected, or nil and why not.
function M.accept(socket)
  if socket.state ~= 'listening' or socket.progress then return nil, errors.INVALID_STATE end
  local remote = address.new()
  local watched, code = system.accept(socket.watched, remote)
  if not watched then return nil, code end
  local accepted = make(socket.instance, watched, socket.family, 'connected')
  accepted.remote, accepted.connection = remote, connection.new(watched)
  return accepted
end

--- Sets how many connections may wait to be accepted.
function M.set_backlog(socket, count)
  if count == 0 then return errors.INVALID_ARGUMENT end
  if socket.state == 'closed' or socket.state == 'connecting' or socket.state == 'connected' then return errors.INVALID_STATE end
  count = math.min(count, MOST_BACKLOG)
  if socket.state == 'listening' and C.listen(socket.watched.descriptor, count) ~= 0 then return errors.NOT_SUPPORTED end
  socket.backlog = count
end

-- The rest -------------------------------------------------------------------------------------------------------------

--- Tells whether a socket accepts connections.
function M.is_listening(socket) return socket.state == 'listening' and not socket.progress end

--- Gives the local address, or nil and why there is none.
function M.local_address(socket)
  if socket.state == 'unbound' or socket.state == 'closed' or socket.progress == 'bind' then return nil, errors.INVALID_STATE end
  local own = address.new()
  local number = system.local_address(socket.watched, own)
  if number then return nil, errors.code_of(number) end
  return own
end

--- Gives the address of the other side, or nil and why there is none.
function M.remote_address(socket)
  if socket.state ~= 'connected' then return nil, errors.INVALID_STATE end
  return socket.remote
end

--- Ends a direction of a connection, or both.
function M.shutdown(socket, receive, send)
  if socket.state ~= 'connected' then return errors.INVALID_STATE end
  if receive then connection.end_input(socket.connection) end
  if send then connection.end_output(socket.connection) end
end

return M
