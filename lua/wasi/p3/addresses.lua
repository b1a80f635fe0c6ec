-- Values of wasi:sockets 0.3: addresses and error codes, from and to those of lua/wasi/sockets.

local address = require 'lua.wasi.sockets.address'
local errors = require 'lua.wasi.sockets.errors'
local ffi = require 'ffi'

local floor = math.floor

local M = {}

-- By cases of 0.2. What 0.3 has no case for are states: of a guest that does two things at once, or nothing.
local CODES = {
  [errors.ACCESS_DENIED] = 'access-denied',
  [errors.NOT_SUPPORTED] = 'not-supported',
  [errors.INVALID_ARGUMENT] = 'invalid-argument',
  [errors.OUT_OF_MEMORY] = 'out-of-memory',
  [errors.TIMEOUT] = 'timeout',
  [errors.CONCURRENCY_CONFLICT] = 'invalid-state',
  [errors.NOT_IN_PROGRESS] = 'invalid-state',
  [errors.INVALID_STATE] = 'invalid-state',
  [errors.ADDRESS_NOT_BINDABLE] = 'address-not-bindable',
  [errors.ADDRESS_IN_USE] = 'address-in-use',
  [errors.REMOTE_UNREACHABLE] = 'remote-unreachable',
  [errors.CONNECTION_REFUSED] = 'connection-refused',
  [errors.CONNECTION_RESET] = 'connection-reset',
  [errors.CONNECTION_ABORTED] = 'connection-aborted',
  [errors.DATAGRAM_TOO_LARGE] = 'datagram-too-large',
}
local OTHERS = {
  [errors.NEW_SOCKET_LIMIT] = 'too many sockets are open',
  [errors.WOULD_BLOCK] = 'the socket is busy',
}

--- The error-code of a case of 0.2.
---@param code integer
function M.code(code) return CODES[code] or { other = OTHERS[code] or 'unknown' } end

--- A result that has failed with a case of 0.2.
---@param code integer
function M.failed(code) return { err = M.code(code) } end

--- The result<_, error-code> of what gives a case of 0.2, or nil.
---@param code integer?
function M.done(code)
  if code then return M.failed(code) end
  return { ok = true }
end

local function segments(ip)
  local out = {}
  for i = 1, 8 do
    out[i] = ip:byte(2 * i - 1) * 256 + ip:byte(2 * i)
  end
  return out
end

--- The ip-address of 4 or 16 bytes.
---@param ip string
function M.ip(ip)
  if #ip == 4 then return { ipv4 = { ip:byte(1, 4) } } end
  return { ipv6 = segments(ip) }
end

local p32 = ffi.typeof 'uint32_t *'
-- Where they stand in the bytes of an address.
local FLOW, SCOPE = 2, 22

--- The ip-socket-address of the system's address.
---@param found ffi.cdata*
function M.of_system(found)
  local ip, port = address.ip(found), address.port(found)
  if #ip == 4 then return { ipv4 = { port = port, address = { ip:byte(1, 4) } } } end
  local flow, scope = ffi.cast(p32, found.bytes + FLOW)[0], ffi.cast(p32, found.bytes + SCOPE)[0]
  return { ipv6 = { port = port, ['flow-info'] = flow, address = segments(ip), ['scope-id'] = scope } }
end

--- The system's address of an ip-socket-address.
---@param given table
function M.to_system(given)
  local v4 = given.ipv4
  if v4 then return address.of_ip(string.char(unpack(v4.address)), v4.port) end
  local v6, bytes = given.ipv6, {}
  for i, value in ipairs(v6.address) do
    bytes[2 * i - 1], bytes[2 * i] = floor(value / 256), value % 256
  end
  local made = address.of_ip(string.char(unpack(bytes)), v6.port)
  ffi.cast(p32, made.bytes + FLOW)[0], ffi.cast(p32, made.bytes + SCOPE)[0] = v6['flow-info'], v6['scope-id']
  return made
end

--- The address that a socket is bound to which was not told where.
---@param family integer 4 or 6
function M.anywhere(family) return address.of_ip(('\0'):rep(family == 4 and 4 or 16), 0) end

--- A method that gives result<ip-socket-address, error-code>: f(socket) gives an address, or nil and a case.
---@param f fun(socket: table): ffi.cdata*?, integer?
---@return function
function M.addressed(f)
  return function(_, socket)
    local found, code = f(socket)
    if not found then return M.failed(code) end
    return { ok = M.of_system(found) }
  end
end

--- The getter and the setter of an option; `is` is 'bool' or nil.
---@param get fun(socket: table): number?, integer?
---@param set fun(socket: table, value: number?): integer?
---@param is string?
---@return function get
---@return function set
function M.option(get, set, is)
  return function(_, socket)
    local value, code = get(socket)
    if not value then return M.failed(code) end
    if is == 'bool' then return { ok = value ~= 0 } end
    return { ok = value }
  end, function(_, socket, value)
    if is == 'bool' then value = value and 1 or 0 end
    return M.done(set(socket, tonumber(value)))
  end
end

return M
