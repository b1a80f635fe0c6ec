---@meta

---Randomness, encryption that notices changes, signatures, tokens, and keys of passwords.
---@class crypto
---@field random table `bytes(length)`, `string(length, charset)`, `uuid()`
---@field hmac table `sha256(key, data)` and `sha512(key, data)`, as hex digits
---@field encrypt table `aes(data, key, aad)` and `chacha20(data, key, aad)`
---@field decrypt table `aes(data, key, aad)` and `chacha20(data, key, aad)`
---@field ed25519 table `generate()`, `sign(private, data)`, `verify(public, data, signature)`
---@field jwt table `encode(claims, key, algorithm)` and `verify(token, key, algorithm, require_exp)`
local crypto = {}

---Gives a key made of a password and a salt, by "sha256", the default, or "sha512".
---@param password string
---@param salt string
---@param iterations integer at most 10,000,000
---@param length integer bytes of the key
---@param algorithm? string
---@return string? key
---@return Error? err
function crypto.pbkdf2(password, salt, iterations, length, algorithm) end

---Says whether two strings are equal; how long that takes does not tell where they differ.
---@param a string
---@param b string
---@return boolean
function crypto.constant_time_compare(a, b) end

return crypto
