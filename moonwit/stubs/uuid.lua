---@meta

---Identifiers of RFC 9562, as text in lower case.
---@class uuid
local uuid = {}

---Gives a random UUID.
---@return string
function uuid.v4() end

---Gives a UUID that begins with the time, by which they sort.
---@return string
function uuid.v7() end

---Gives the UUID of a name in a namespace, by MD5.
---@param namespace string a UUID
---@param name string
---@return string? id
---@return Error? err
function uuid.v3(namespace, name) end

---Gives the UUID of a name in a namespace, by SHA-1.
---@param namespace string a UUID
---@param name string
---@return string? id
---@return Error? err
function uuid.v5(namespace, name) end

---Says whether a value is a UUID as text.
---@param value any
---@return boolean
function uuid.validate(value) end

---Gives the version of a UUID.
---@param value string
---@return integer? version
---@return Error? err
function uuid.version(value) end

return uuid
