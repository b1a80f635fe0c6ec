-- UDP sockets of guests, and their pairs of datagram streams. Functions give nil or a case of error-code at the end.
--
-- A socket that its entry does not let be reached gets only what comes from addresses that the guest may send to; all else is thrown away.
-- One that may be reached gets everything, and may answer whoever has written to it.
-- Source: the WIT of wasi:sockets 0.2.

local ffi = require 'ffi'
local address = require 'lua.wasi.sockets.address'
local descriptors = require 'lua.dispatcher.descriptors'
local errors = require 'lua.wasi.sockets.errors'
local held = require 'lua.wasi.sockets.held'
local permissions = require 'lua.wasi.sockets.permissions'
local system = require 'lua.wasi.sockets.system'

local C, tonumber = ffi.C, tonumber
local READABLE, WRITABLE = descriptors.READABLE, descriptors.WRITABLE

local M = {}

--- How many datagrams are sent or received at once, and how large one may be.
M.MOST, M.LARGEST = 16, 65535
-- How many that the guest may not get are thrown away at once.
local MOST_THROWN = 256
-- How many who have written to a socket are remembered.
local MOST_PEERS = 4096
local NO_SIGNAL = 0x4000
local UNSPECIFIED = 0

local buffer = ffi.new('uint8_t[?]', M.LARGEST + 1)

local function source_of(watched, what)
  local source = {}
  function source.ready() return not watched.descriptor or descriptors.now(watched.descriptor, what) ~= 0 end
  function source.watch(task, generation, wake) return descriptors.watch(watched, source.ready, task, generation, wake) end
  return source
end

--- Gives a new socket of a family (4 or 6), or nil and why not.
function M.open(instance, family)
  local watched, code = system.open(held.owner(instance), family, system.DATAGRAM)
  if not watched then return nil, code end
  local socket =
    { kind = 'udp-socket', instance = instance, watched = watched, family = family, generation = 0, peers = {}, peer_count = 0 }
  socket.readable, socket.writable = source_of(watched, READABLE), source_of(watched, WRITABLE)
  held.add(instance, socket, M.close)
  return socket
end

--- Ends a socket.
function M.close(socket)
  held.remove(socket.instance, socket)
  system.close(socket.watched)
end

--- Begins to bind a socket, which is all that there is to it.
function M.start_bind(socket, wanted)
  if socket.progress then return errors.CONCURRENCY_CONFLICT end
  if socket.own then return errors.INVALID_STATE end
  if not address.fits(wanted, socket.family) then return errors.INVALID_ARGUMENT end
  local instance, port = socket.instance, address.port(wanted)
  local open = permissions.may_listen(instance, wanted, port)
  if not open and not permissions.may_bind(instance, port) then return errors.ACCESS_DENIED end
  if C.bind(socket.watched.descriptor, wanted, address.size(wanted)) ~= 0 then return errors.code_of(ffi.errno()) end
  local own = address.new()
  local number = system.local_address(socket.watched, own)
  if number then return errors.code_of(number) end
  socket.own, socket.is_open, socket.progress = own, open, true
end

function M.finish_bind(socket)
  if not socket.progress then return errors.NOT_IN_PROGRESS end
  socket.progress = nil
end

--- Gives the local address, or nil and why there is none.
function M.local_address(socket)
  if not socket.own or socket.progress then return nil, errors.INVALID_STATE end
  local own = address.new()
  local number = system.local_address(socket.watched, own)
  if number then return nil, errors.code_of(number) end
  return own
end

--- Gives the address of the only other side, or nil and why there is none.
function M.remote_address(socket)
  if not socket.remote then return nil, errors.INVALID_STATE end
  return socket.remote
end

-- Streams --------------------------------------------------------------------------------------------------------------

local nowhere = ffi.new 'mw_address'
nowhere.family = UNSPECIFIED

-- Takes back that a socket has only one other side. Linux takes a port back with it that it has chosen itself.
local function disconnect(socket)
  local before, after = address.new(), address.new()
  system.local_address(socket.watched, before)
  C.connect(socket.watched.descriptor, nowhere, ffi.sizeof(nowhere))
  system.local_address(socket.watched, after)
  if address.port(after) == 0 then
    local own = address.of_ip(address.ip(socket.own), address.port(before))
    C.bind(socket.watched.descriptor, own, address.size(own))
  end
  socket.remote = nil
end

local function is_peer(socket, remote) return socket.is_open and socket.peers[address.ip(remote) .. address.port(remote)] ~= nil end

local function may_send(socket, remote) return permissions.may_connect(socket.instance, remote) or is_peer(socket, remote) end

--- Tells what is wrong with an address as that of another side: a case of error-code, or nil.
function M.check_remote(socket, remote)
  if not address.fits(remote, socket.family) or not address.is_remote(remote) then return errors.INVALID_ARGUMENT end
end

--- Begins a pair of streams, to all others or to one; those before are of no use any more. Gives the pair's number, or nil and why not.
function M.stream(socket, remote)
  if not socket.own or socket.progress then return nil, errors.INVALID_STATE end
  if remote then
    local wrong = M.check_remote(socket, remote)
    if wrong then return nil, wrong end
    if not may_send(socket, remote) then return nil, errors.ACCESS_DENIED end
  end
  if socket.remote then disconnect(socket) end
  if remote then
    if C.connect(socket.watched.descriptor, remote, address.size(remote)) ~= 0 then return nil, errors.code_of_connect(ffi.errno()) end
    socket.remote = remote
  end
  socket.generation = socket.generation + 1
  return socket.generation
end

local function remember(socket, from)
  local key = address.ip(from) .. address.port(from)
  if socket.peers[key] then return end
  if socket.peer_count >= MOST_PEERS then
    socket.peers, socket.peer_count = {}, 0
  end
  socket.peers[key], socket.peer_count = true, socket.peer_count + 1
end

-- Tells whether the guest gets what comes from an address.
local function may_receive(socket, from)
  if socket.remote then return address.same(from, socket.remote) end
  if not socket.is_open then return permissions.may_connect(socket.instance, from) end
  remember(socket, from)
  return true
end

--- Receives up to `most` datagrams that are there: gives a list of {data =, from = address}, or nil and a case of error-code.
function M.receive(socket, generation, most)
  if generation ~= socket.generation then return nil, errors.INVALID_STATE end
  local out, thrown = {}, 0
  while #out < math.min(most, M.MOST) and thrown < MOST_THROWN do
    local from = address.new()
    local size, number = system.receive_from(socket.watched, buffer, M.LARGEST, from)
    if not size then
      if number == errors.AGAIN or number == errors.INTERRUPTED or out[1] then break end
      return nil, errors.code_of(number)
    end
    if may_receive(socket, from) then
      out[#out + 1] = { data = ffi.string(buffer, size), from = from }
    else
      thrown = thrown + 1
    end
  end
  return out
end

-- Whether a datagram may go to an address, or to the only other side for nil: gives a case of error-code, or nil.
local function check(socket, remote)
  if not remote then return not socket.remote and errors.INVALID_ARGUMENT or nil end
  local wrong = M.check_remote(socket, remote)
  if wrong then return wrong end
  if socket.remote then return not address.same(remote, socket.remote) and errors.INVALID_ARGUMENT or nil end
  if not may_send(socket, remote) then return errors.ACCESS_DENIED end
end

--- Sends a datagram to an address, or to the only other side for nil; gives a case of error-code, WOULD_BLOCK among them, or nil.
function M.send(socket, generation, from, size, remote)
  if generation ~= socket.generation then return errors.INVALID_STATE end
  if size > M.LARGEST then return errors.DATAGRAM_TOO_LARGE end
  local code = check(socket, remote)
  if code then return code end
  local sent
  if socket.remote then
    sent = C.send(socket.watched.descriptor, from, size, NO_SIGNAL)
  else
    sent = C.sendto(socket.watched.descriptor, from, size, NO_SIGNAL, remote, address.size(remote))
  end
  if tonumber(sent) < 0 then return errors.code_of(ffi.errno()) end
end

return M
