---@meta

---Digests of data, as hex digits or as bytes.
---@class hash
local hash = {}

---Gives the MD5 digest of data.
---@param data string
---@param raw? boolean bytes in place of hex digits
---@return string digest
function hash.md5(data, raw) end

---Gives the keyed digest of data (HMAC) by MD5.
---@param data string
---@param key string
---@param raw? boolean bytes in place of hex digits
---@return string digest
function hash.hmac_md5(data, key, raw) end

---Gives the SHA-1 digest of data.
---@param data string
---@param raw? boolean bytes in place of hex digits
---@return string digest
function hash.sha1(data, raw) end

---Gives the keyed digest of data (HMAC) by SHA-1.
---@param data string
---@param key string
---@param raw? boolean bytes in place of hex digits
---@return string digest
function hash.hmac_sha1(data, key, raw) end

---Gives the SHA-256 digest of data.
---@param data string
---@param raw? boolean bytes in place of hex digits
---@return string digest
function hash.sha256(data, raw) end

---Gives the keyed digest of data (HMAC) by SHA-256.
---@param data string
---@param key string
---@param raw? boolean bytes in place of hex digits
---@return string digest
function hash.hmac_sha256(data, key, raw) end

---Gives the SHA-512 digest of data.
---@param data string
---@param raw? boolean bytes in place of hex digits
---@return string digest
function hash.sha512(data, raw) end

---Gives the keyed digest of data (HMAC) by SHA-512.
---@param data string
---@param key string
---@param raw? boolean bytes in place of hex digits
---@return string digest
function hash.hmac_sha512(data, key, raw) end

---Gives the 32-bit FNV-1a hash of data: fast, for tables and partitions, not against somebody who looks for collisions.
---@param data string
---@return integer hash
function hash.fnv32(data) end

---Gives the 64-bit FNV-1a hash of data: a number below 2^53, else a 64-bit integer.
---@param data string
---@return integer hash
function hash.fnv64(data) end

return hash
