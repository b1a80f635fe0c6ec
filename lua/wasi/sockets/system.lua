-- The system's sockets, never blocking: opened, counted and closed. What may be raised here is a mistake in Moonwit.
--
-- Descriptors are the process's: each entry may have MOST in a lane, and all entries together leave some for files, lanes and servers.

local ffi = require 'ffi'
local descriptors = require 'lua.dispatcher.descriptors'
local errors = require 'lua.wasi.sockets.errors'

ffi.cdef [[
/* A struct sockaddr_in or sockaddr_in6: the port, and for the latter the flow information, the address and the scope follow. */
typedef struct { uint16_t family; uint8_t bytes[26]; } mw_address;
typedef struct { uint64_t soft; uint64_t hard; } mw_limit;
int socket(int domain, int type, int protocol);
int bind(int descriptor, const mw_address *address, unsigned size);
int connect(int descriptor, const mw_address *address, unsigned size);
int listen(int descriptor, int backlog);
int accept4(int descriptor, mw_address *address, unsigned *size, int flags);
int shutdown(int descriptor, int how);
int getsockname(int descriptor, mw_address *address, unsigned *size);
int getsockopt(int descriptor, int level, int name, int *value, unsigned *size);
int setsockopt(int descriptor, int level, int name, const int *value, unsigned size);
long send(int descriptor, const void *bytes, size_t size, int flags);
long sendto(int descriptor, const void *bytes, size_t size, int flags, const mw_address *address, unsigned length);
long recv(int descriptor, void *bytes, size_t size, int flags);
long recvfrom(int descriptor, void *bytes, size_t size, int flags, mw_address *address, unsigned *length);
int close(int descriptor);
int getrlimit(int resource, mw_limit *limit);
]]

local C = ffi.C

-- CLOEXEC and NONBLOCK, as Linux has them on all machines but old ones that Wasmtime does not know.
local FLAGS = 0x80000 + 0x800
local FAMILIES = { [4] = 2, [6] = 10 }
local IPV6, ONLY_IPV6 = 41, 26
local SOCKET, REUSE_ADDRESS, ERROR = 1, 2, 4
local OPEN_FILES = 7

local M = { STREAM = 1, DATAGRAM = 2, FAMILIES = FAMILIES }

-- How many sockets an entry may have in a lane, and how many descriptors are left to others at least.
M.MOST = 4096
local LEFT = 256

local counts, all, most_of_all = {}, 0, nil

local function room()
  if not most_of_all then
    local limit = ffi.new 'mw_limit'
    local known = C.getrlimit(OPEN_FILES, limit) == 0
    local soft = known and tonumber(limit.soft) or 1024
    most_of_all = math.max(soft - math.max(LEFT, math.floor(soft / 8)), 1)
  end
  return most_of_all
end

--- Tells whether an entry may have one more socket.
---@param owner string
---@return boolean
function M.has_room(owner) return (counts[owner] or 0) < M.MOST and all < room() end

-- Takes charge of an open descriptor: gives what it is watched by.
local function own(owner, descriptor)
  counts[owner] = (counts[owner] or 0) + 1
  all = all + 1
  local watched = descriptors.new(descriptor)
  watched.owner = owner
  return watched
end

local number, size = ffi.new 'int[1]', ffi.new 'unsigned[1]'

--- Gets an option of a socket: a number, or nil and an error number.
---@param descriptor integer
---@param level integer
---@param name integer
---@return integer?
---@return integer? number of an error
function M.option(descriptor, level, name)
  size[0] = 4
  if C.getsockopt(descriptor, level, name, number, size) ~= 0 then return nil, ffi.errno() end
  return number[0]
end

--- Sets an option of a socket; gives an error number, or nil.
---@param descriptor integer
---@param level integer
---@param name integer
---@param value integer
---@return integer? number of an error
function M.set_option(descriptor, level, name, value)
  number[0] = value
  if C.setsockopt(descriptor, level, name, number, 4) ~= 0 then return ffi.errno() end
end

--- Opens a socket for `owner`; gives what it is watched by, or nil and a case of error-code.
---@param owner string
---@param family 4|6
---@param kind integer
---@return Watched?
---@return integer? code
function M.open(owner, family, kind)
  if not M.has_room(owner) then return nil, errors.NEW_SOCKET_LIMIT end
  local descriptor = C.socket(FAMILIES[family], kind + FLAGS, 0)
  if descriptor < 0 then return nil, errors.code_of(ffi.errno()) end
  local watched = own(owner, descriptor)
  local failed = family == 6 and M.set_option(descriptor, IPV6, ONLY_IPV6, 1)
  -- A port that was listened on a moment ago can be again. Nobody else can listen on it meanwhile: Linux sees to that.
  if not failed and kind == M.STREAM then failed = M.set_option(descriptor, SOCKET, REUSE_ADDRESS, 1) end
  if not failed then return watched end
  M.close(watched)
  return nil, errors.code_of(failed)
end

--- Closes a socket; one that is closed already stays so.
---@param watched Watched
function M.close(watched)
  local descriptor = watched.descriptor
  if not descriptor then return end
  descriptors.forget(watched)
  C.close(descriptor)
  counts[watched.owner] = counts[watched.owner] - 1
  if counts[watched.owner] == 0 then counts[watched.owner] = nil end
  all = all - 1
end

--- Takes a connection that has come: gives what it is watched by and puts where it comes from into `address`; or gives nil and a case of
--- error-code.
---@param watched Watched
---@param address ffi.cdata*
---@return Watched?
---@return integer? code
function M.accept(watched, address)
  if not M.has_room(watched.owner) then return nil, errors.NEW_SOCKET_LIMIT end
  size[0] = ffi.sizeof(address)
  local descriptor = C.accept4(watched.descriptor, address, size, FLAGS)
  if descriptor >= 0 then return own(watched.owner, descriptor) end
  local code = errors.code_of(ffi.errno())
  -- Linux passes on what has happened to the connection that was to be accepted.
  if code == errors.REMOTE_UNREACHABLE or code == errors.UNKNOWN or code == errors.NOT_SUPPORTED then code = errors.CONNECTION_ABORTED end
  return nil, code
end

--- Puts the local address of a socket into `address`; gives an error number, or nil.
---@param watched Watched
---@param address ffi.cdata*
---@return integer? number of an error
function M.local_address(watched, address)
  size[0] = ffi.sizeof(address)
  if C.getsockname(watched.descriptor, address, size) ~= 0 then return ffi.errno() end
end

--- Receives a datagram into `buffer` and where it comes from into `address`; gives its size, or nil and an error number.
---@param watched Watched
---@param buffer ffi.cdata*
---@param most integer
---@param address ffi.cdata*
---@return integer? size
---@return integer? number of an error
function M.receive_from(watched, buffer, most, address)
  size[0] = ffi.sizeof(address)
  local got = tonumber(C.recvfrom(watched.descriptor, buffer, most, 0, address, size))
  if got < 0 then return nil, ffi.errno() end
  return got
end

--- The error that a socket has met, which is taken from it; 0 for none.
---@param watched Watched
---@return integer
function M.failure(watched) return M.option(watched.descriptor, SOCKET, ERROR) or 0 end

--- How many sockets there are in the lane.
---@return integer
function M.count() return all end

return M
