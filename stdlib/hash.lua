-- The module `hash`: digests of data, as hex digits in lower case, or as bytes when asked for.
local callbacks = require 'lua.lane.ask'
local ffi = require 'ffi'

local ipairs, tonumber = ipairs, tonumber
local band, bxor = bit.band, bit.bxor
local bytes = ffi.typeof 'const uint8_t *'
local ask, ask_away = callbacks.ask, callbacks.ask_away

-- From so many bytes on others go on meanwhile: it takes about a millisecond.
local LONG = 512 * 1024

---@type table<string, function>
local M = {}

local text = require 'stdlib.values.text' 'hash'

local function shown(raw, digest, problem)
  if raw or not digest then return digest, problem end
  return (digest:gsub('.', function(byte) return ('%02x'):format(byte:byte()) end))
end

for _, algorithm in ipairs { 'md5', 'sha1', 'sha256', 'sha512' } do
  --- Returns the digest of data.
  M[algorithm] = function(data, raw)
    local asked = #text(data, algorithm, 'data') >= LONG and ask_away or ask
    return shown(raw, asked('hash_digest', algorithm, data))
  end

  --- Returns the keyed digest of data (RFC 2104).
  M['hmac_' .. algorithm] = function(data, key, raw)
    local name = 'hmac_' .. algorithm
    local asked = #text(data, name, 'data') >= LONG and ask_away or ask
    return shown(raw, asked('hash_hmac', algorithm, data, text(key, name, 'key')))
  end
end

-- The hash FNV-1a of a text, as a uint64.
local function fnv(data, basis, prime, mask)
  local p, value = ffi.cast(bytes, data), basis
  for i = 0, #data - 1 do
    value = band(bxor(value, p[i]) * prime, mask)
  end
  return value
end

--- Returns the 32-bit FNV-1a hash of data, a number: fast, and of no use against somebody who looks for collisions.
function M.fnv32(data) return tonumber(fnv(text(data, 'fnv32', 'data'), 0x811c9dc5ULL, 0x01000193ULL, 0xffffffffULL)) end

--- Returns the 64-bit FNV-1a hash of data: a number below 2^53, else a 64-bit integer.
function M.fnv64(data)
  local value = fnv(text(data, 'fnv64', 'data'), 0xcbf29ce484222325ULL, 0x100000001b3ULL, 0xffffffffffffffffULL)
  return value <= 9007199254740992ULL and tonumber(value) or value
end

return M
