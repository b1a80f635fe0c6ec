-- What the system says of sockets, as the cases of wasi:sockets' error-code.

local M = {
  UNKNOWN = 0,
  ACCESS_DENIED = 1,
  NOT_SUPPORTED = 2,
  INVALID_ARGUMENT = 3,
  OUT_OF_MEMORY = 4,
  TIMEOUT = 5,
  CONCURRENCY_CONFLICT = 6,
  NOT_IN_PROGRESS = 7,
  WOULD_BLOCK = 8,
  INVALID_STATE = 9,
  NEW_SOCKET_LIMIT = 10,
  ADDRESS_NOT_BINDABLE = 11,
  ADDRESS_IN_USE = 12,
  REMOTE_UNREACHABLE = 13,
  CONNECTION_REFUSED = 14,
  CONNECTION_RESET = 15,
  CONNECTION_ABORTED = 16,
  DATAGRAM_TOO_LARGE = 17,
  NAME_UNRESOLVABLE = 18,
  TEMPORARY_RESOLVER_FAILURE = 19,
  PERMANENT_RESOLVER_FAILURE = 20,
}

-- Error numbers of Linux.
M.INTERRUPTED, M.AGAIN, M.BROKEN_PIPE, M.CONNECTION_ABORTED_ERROR, M.IN_PROGRESS = 4, 11, 32, 103, 115
local ADDRESS_NOT_AVAILABLE = 99

local CODES = {
  [1] = M.ACCESS_DENIED, -- EPERM
  [11] = M.WOULD_BLOCK, -- EAGAIN
  [12] = M.OUT_OF_MEMORY, -- ENOMEM
  [13] = M.ACCESS_DENIED, -- EACCES
  [22] = M.INVALID_ARGUMENT, -- EINVAL
  [23] = M.NEW_SOCKET_LIMIT, -- ENFILE
  [24] = M.NEW_SOCKET_LIMIT, -- EMFILE
  [32] = M.CONNECTION_RESET, -- EPIPE
  [64] = M.REMOTE_UNREACHABLE, -- ENONET
  [89] = M.INVALID_STATE, -- EDESTADDRREQ
  [90] = M.DATAGRAM_TOO_LARGE, -- EMSGSIZE
  [91] = M.NOT_SUPPORTED, -- EPROTOTYPE
  [92] = M.NOT_SUPPORTED, -- ENOPROTOOPT
  [93] = M.NOT_SUPPORTED, -- EPROTONOSUPPORT
  [94] = M.NOT_SUPPORTED, -- ESOCKTNOSUPPORT
  [95] = M.NOT_SUPPORTED, -- EOPNOTSUPP
  [96] = M.NOT_SUPPORTED, -- EPFNOSUPPORT
  [97] = M.NOT_SUPPORTED, -- EAFNOSUPPORT
  [98] = M.ADDRESS_IN_USE, -- EADDRINUSE
  [99] = M.ADDRESS_NOT_BINDABLE, -- EADDRNOTAVAIL
  [100] = M.REMOTE_UNREACHABLE, -- ENETDOWN
  [101] = M.REMOTE_UNREACHABLE, -- ENETUNREACH
  [102] = M.REMOTE_UNREACHABLE, -- ENETRESET
  [103] = M.CONNECTION_ABORTED, -- ECONNABORTED
  [104] = M.CONNECTION_RESET, -- ECONNRESET
  [105] = M.OUT_OF_MEMORY, -- ENOBUFS
  [106] = M.INVALID_STATE, -- EISCONN
  [107] = M.INVALID_STATE, -- ENOTCONN
  [110] = M.TIMEOUT, -- ETIMEDOUT
  [111] = M.CONNECTION_REFUSED, -- ECONNREFUSED
  [112] = M.REMOTE_UNREACHABLE, -- EHOSTDOWN
  [113] = M.REMOTE_UNREACHABLE, -- EHOSTUNREACH
}

local SENTENCES = {
  [M.ACCESS_DENIED] = 'access to the address was denied',
  [M.OUT_OF_MEMORY] = 'the system has no memory left for the connection',
  [M.TIMEOUT] = 'the connection has timed out',
  [M.REMOTE_UNREACHABLE] = 'the remote address is not reachable',
  [M.CONNECTION_REFUSED] = 'the connection was refused',
  [M.CONNECTION_RESET] = 'the connection was reset by its other side',
  [M.CONNECTION_ABORTED] = 'the connection was aborted',
}

--- Gives the case of error-code for an error number of the system.
---@param number integer
---@return integer
function M.code_of(number) return CODES[number] or M.UNKNOWN end

--- The same for a failed attempt to connect, where no port is left for the local side.
---@param number integer
---@return integer
function M.code_of_connect(number)
  if number == ADDRESS_NOT_AVAILABLE then return M.ADDRESS_IN_USE end
  return M.code_of(number)
end

--- Gives what a stream tells of an error number: {reason = sentence, network = case of error-code}.
---@param number integer
---@return { reason: string, network: integer }
function M.failure_of(number)
  local code = M.code_of(number)
  return { reason = SENTENCES[code] or ('the connection has failed with error %d of the system'):format(number), network = code }
end

return M
