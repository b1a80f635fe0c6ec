-- The module `hash`: digests of data, as hex digits in lower case, or as bytes when asked for.
local callbacks = require 'lua.lane.ask'
local got = require 'lua.values.got'

local type, error, ipairs = type, error, ipairs
local ask = callbacks.ask

---@type table<string, function>
local M = {}

local function text(value, name, what)
  if type(value) == 'string' then return value end
  error('hash.' .. name .. ': expected a string as the ' .. what .. ', got ' .. got(value), 3)
end

local function shown(digest, raw)
  if raw then return digest end
  return (digest:gsub('.', function(byte) return ('%02x'):format(byte:byte()) end))
end

for _, algorithm in ipairs { 'md5', 'sha1', 'sha256', 'sha512' } do
  --- Returns the digest of data.
  M[algorithm] = function(data, raw) return shown(ask('hash_digest', algorithm, text(data, algorithm, 'data')), raw) end

  --- Returns the keyed digest of data (RFC 2104).
  M['hmac_' .. algorithm] = function(data, key, raw)
    local name = 'hmac_' .. algorithm
    return shown(ask('hash_hmac', algorithm, text(data, name, 'data'), text(key, name, 'key')), raw)
  end
end

return M
