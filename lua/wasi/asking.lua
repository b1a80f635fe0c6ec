-- What requests that guests send may be, by wasi:http of 0.2 and 0.3.

local exchange = require 'lua.wasi.exchange'
local headers = require 'lua.wasi.headers'

local M = {}

-- How long a connection, the beginning of a response or the next piece of it may take where the guest says nothing, as with
-- Wasmtime, and how long it may say at most; in seconds.
local TIME, MOST_TIME = 600, 1e6
--- How long a name, an address or a path may be, in bytes.
M.LONGEST = 16384

--- Tells whether a method can be sent.
---@param name string
---@return boolean
function M.is_method(name) return #name <= 200 and headers.is_token(name) end

--- Tells whether a path with its query can be sent. It may hold what is escaped in other places; it is sent as it is, without its
--- fragment. Empty, it stands for "/".
---@param value string
---@return boolean
function M.is_path(value)
  local path, query = value:match '^([^?#]*)(.*)$'
  return (value == '' or value:find '^[/?]') and not path:find '[%c <>`]' and not query:gsub('#.*$', ''):find '[%c "<>]' or false
end

--- Tells whether a text is a name or an address, and perhaps a port; no user. IPv6 stands in brackets.
---@param value string
---@return boolean
function M.is_authority(value)
  local host, port = value:match '^(.-):(%d+)$'
  host = host or value
  return (host:find '^%[[%x:.]+%]$' or host:find "^[%w!$&'()*+,;=._~-]+$") ~= nil and (not port or #port <= 5 and tonumber(port) <= 65535)
end

---@param scheme string
---@return boolean
function M.is_scheme(scheme) return #scheme <= 64 and scheme:find '^[%w+.~-]+$' ~= nil end

local function seconds(value) return value and math.min(tonumber(value) / 1e9, MOST_TIME) or TIME end

--- Gives what is sent of {method =, scheme =, authority =, path =, fields = headers, has_body =}, or nil and the case of error-code that
--- says why it can't be. Options are {connect =, first_byte =, between_bytes = nanoseconds}, or nil.
---@param request table
---@param options table?
---@return table?
---@return integer?
function M.sendable(request, options)
  options = options or {}
  local scheme = request.scheme or 'https'
  if scheme ~= 'http' and scheme ~= 'https' then return nil, exchange.PROTOCOL end
  if not request.authority then return nil, exchange.URI_INVALID end
  if request.method == 'CONNECT' then return nil, exchange.METHOD_INVALID end
  local path = request.path and request.path:gsub('#.*$', '')
  if not path then return nil, exchange.PROTOCOL end
  if not path:find '^/' then path = '/' .. path:gsub('^%*$', '') end
  local length = headers.length_of(request.fields)
  if length == false or not request.has_body and length and length > 0 then return nil, exchange.BODY_SIZE end
  return {
    method = request.method,
    url = scheme .. '://' .. request.authority .. path,
    headers = request.fields,
    connect = seconds(options.connect),
    first_byte = seconds(options.first_byte),
    between_bytes = seconds(options.between_bytes),
  }
end

return M
