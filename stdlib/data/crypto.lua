-- The module `crypto`: randomness, keyed digests, encryption that notices changes, signatures, tokens and keys of passwords.
local bounds = require 'stdlib.data.bounds'
local callbacks = require 'lua.lane.ask'
local hash = require 'stdlib.hash'
local got = require 'lua.values.got'

local type, error = type, error
local perform, text, invalid = callbacks.perform, bounds.text, bounds.invalid

local M = { random = {}, hmac = {}, encrypt = {}, decrypt = {}, ed25519 = {}, jwt = {} }

local LONGEST = 256 * 1024 * 1024
local MOST_RANDOM, MOST_ITERATIONS, MOST_KEY = 1048576, 10000000, 1048576
-- A key of a password with so many rounds is made in a process apart, which can be ended.
local FEW_ROUNDS = 1000

local function whole(value, low, high) return type(value) == 'number' and value % 1 == 0 and value >= low and value <= high end

local function where(data) return #data <= 16384 and 'here' or 'thread' end

local function length_of(value, name)
  if type(value) ~= 'number' then error(name .. ': expected a number as the length, got ' .. got(value), 3) end
  if whole(value, 1, MOST_RANDOM) then return value end
  return nil, invalid(name, 'the length must be a whole number from 1 to ' .. MOST_RANDOM)
end

--- Returns random bytes from the system, or nil and an error.
---@param length integer
---@return any
---@return any err
function M.random.bytes(length)
  local count, problem = length_of(length, 'crypto.random.bytes')
  if not count then return nil, problem end
  return perform('here', 'crypto.random', count)
end

--- Returns a random text of letters and digits, or of the bytes of `charset`, each as likely; or nil and an error.
---@param length integer
---@param charset string?
---@return any
---@return any err
function M.random.string(length, charset)
  local count, problem = length_of(length, 'crypto.random.string')
  if not count then return nil, problem end
  if charset ~= nil then
    text(charset, 'crypto.random.string', 'charset')
    if charset == '' or #charset > 256 then return nil, invalid('crypto.random.string', 'the charset must have from 1 to 256 bytes') end
  end
  return perform(count <= 4096 and 'here' or 'thread', 'crypto.random_text', count, charset)
end

--- Returns a random UUID.
---@return any
---@return any err
function M.random.uuid() return (callbacks.ask 'uuid_random') end

for _, algorithm in ipairs { 'sha256', 'sha512' } do
  --- Returns the keyed digest of data (RFC 2104) as hex digits, or nil and an error.
  M.hmac[algorithm] = function(key, data)
    local name = 'crypto.hmac.' .. algorithm
    text(key, name, 'key')
    text(data, name, 'data')
    if key == '' then return nil, invalid(name, 'the key is empty') end
    return hash['hmac_' .. algorithm](data, key)
  end
end

local function sealing(direction, algorithm, sizes)
  local name = 'crypto.' .. direction .. '.' .. algorithm
  return function(data, key, aad)
    text(data, name, 'data')
    text(key, name, 'key')
    if aad ~= nil then text(aad, name, 'additional data') end
    if not sizes[#key] then return nil, invalid(name, ('the key must have %s bytes, and it has %d'):format(sizes.named, #key)) end
    local problem = bounds.too_long(data, name, LONGEST) or bounds.too_long(aad or '', name, LONGEST)
    if problem then return nil, problem end
    return perform(where(data), 'crypto.' .. direction, algorithm, data, key, aad or '')
  end
end

local AES, CHACHA = { [16] = true, [24] = true, [32] = true, named = '16, 24 or 32' }, { [32] = true, named = '32' }

--- Returns data encrypted by AES-GCM, a random nonce before it, or nil and an error. `aad` is not encrypted, and must be the same later.
M.encrypt.aes = sealing('encrypt', 'aes', AES)

--- Returns data encrypted by ChaCha20-Poly1305, a random nonce before it, or nil and an error.
M.encrypt.chacha20 = sealing('encrypt', 'chacha20', CHACHA)

--- Returns what `encrypt.aes` was given, or nil and an error: the key is another one, or the data was changed.
M.decrypt.aes = sealing('decrypt', 'aes', AES)

--- Returns what `encrypt.chacha20` was given, or nil and an error.
M.decrypt.chacha20 = sealing('decrypt', 'chacha20', CHACHA)

--- Returns a new pair of keys of Ed25519: `{private, public}`, 32 bytes each; or nil and an error.
---@return any
---@return any err
function M.ed25519.generate() return perform('here', 'crypto.ed25519.generate') end

local function key_of(key, name, what)
  if #text(key, name, what) == 32 then return nil end
  return invalid(name, ('the %s must have 32 bytes, and it has %d'):format(what, #key))
end

--- Returns the signature of data, 64 bytes, or nil and an error.
---@param private string
---@param data string
---@return any
---@return any err
function M.ed25519.sign(private, data)
  local name = 'crypto.ed25519.sign'
  local problem = key_of(private, name, 'private key') or bounds.too_long(text(data, name, 'data'), name, LONGEST)
  if problem then return nil, problem end
  return perform(where(data), name, private, data)
end

--- Says whether a signature is that of data by the owner of a public key; nil and an error where the key is none.
---@param public string
---@param data string
---@param signature string
---@return any
---@return any err
function M.ed25519.verify(public, data, signature)
  local name = 'crypto.ed25519.verify'
  local problem = key_of(public, name, 'public key') or bounds.too_long(text(data, name, 'data'), name, LONGEST)
  text(signature, name, 'signature')
  if problem then return nil, problem end
  return perform(where(data), name, public, data, signature)
end

local ALGORITHMS = { HS256 = 'here', HS384 = 'here', HS512 = 'here', RS256 = 'apart' }
-- How long keys and tokens may be.
local MOST_PEM, MOST_TOKEN = 16384, 1048576

-- Where a token of an algorithm is made: numbers of a key that somebody has made up may take long.
local function checked(key, algorithm, name)
  text(key, name, 'key')
  local found = ALGORITHMS[algorithm]
  if not found then
    local shown = type(algorithm) == 'string' and "'" .. algorithm:sub(1, 20) .. "'" or got(algorithm)
    return nil, invalid(name, 'expected one of the algorithms HS256, HS384, HS512, RS256, got ' .. shown)
  end
  if key == '' then return nil, invalid(name, 'the key is empty') end
  local problem = bounds.too_long(key, name, MOST_PEM)
  if problem then return nil, problem end
  return found
end

--- Returns a JSON Web Token of claims, whose field `_header` adds to its header, or nil and an error. `algorithm` is "HS256", the default,
-- "HS384", "HS512", with a secret as key, or "RS256", with a private key as PEM.
---@param claims table
---@param key string
---@param algorithm string?
---@return any
---@return any err
function M.jwt.encode(claims, key, algorithm)
  local name = 'crypto.jwt.encode'
  if type(claims) ~= 'table' then error(name .. ': expected a table of claims, got ' .. got(claims), 2) end
  algorithm = algorithm == nil and 'HS256' or algorithm
  local place, problem = checked(key, algorithm, name)
  if not place then return nil, problem end
  return perform(place, name, claims, key, algorithm)
end

--- Returns the claims of a JSON Web Token, or nil and an error: it was not signed with the key by that algorithm, or its time is over.
-- Unless `require_exp` is false, it must have one.
---@param token string
---@param key string
---@param algorithm string?
---@param require_exp boolean?
---@return any
---@return any err
function M.jwt.verify(token, key, algorithm, require_exp)
  local name = 'crypto.jwt.verify'
  text(token, name, 'token')
  algorithm = algorithm == nil and 'HS256' or algorithm
  local place, problem = checked(key, algorithm, name)
  problem = problem or bounds.too_long(token, name, MOST_TOKEN)
  if problem then return nil, problem end
  return perform(#token > 16384 and 'apart' or place, name, token, key, algorithm, require_exp ~= false)
end

local DIGESTS = { sha256 = 32, sha512 = 64 }

--- Returns a key of `length` bytes made of a password and a salt in many rounds, or nil and an error. `algorithm` is "sha256", the default,
-- or "sha512".
---@param password string
---@param salt string
---@param iterations integer
---@param length integer
---@param algorithm string?
---@return any
---@return any err
function M.pbkdf2(password, salt, iterations, length, algorithm)
  local name = 'crypto.pbkdf2'
  text(password, name, 'password')
  text(salt, name, 'salt')
  algorithm = algorithm == nil and 'sha256' or algorithm
  local size = DIGESTS[algorithm]
  if not size then return nil, invalid(name, 'expected one of the algorithms sha256, sha512') end
  if password == '' or salt == '' then return nil, invalid(name, 'the ' .. (password == '' and 'password' or 'salt') .. ' is empty') end
  if not whole(iterations, 1, MOST_ITERATIONS) then
    return nil, invalid(name, 'the iterations must be a whole number from 1 to ' .. MOST_ITERATIONS)
  end
  if not whole(length, 1, MOST_KEY) then return nil, invalid(name, 'the length must be a whole number from 1 to ' .. MOST_KEY) end
  local rounds = iterations * math.ceil(length / size)
  local few = rounds <= FEW_ROUNDS and #password + #salt <= bounds.SHORT
  return perform(few and 'here' or 'apart', name, password, salt, iterations, length, algorithm)
end

--- Says whether two strings are equal; how long that takes does not tell where they differ.
---@param a string
---@param b string
---@return any
---@return any err
function M.constant_time_compare(a, b)
  text(a, 'crypto.constant_time_compare', 'first string')
  text(b, 'crypto.constant_time_compare', 'second string')
  return perform(where(a), 'crypto.equal', a, b)
end

return M
