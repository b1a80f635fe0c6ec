---@meta

---Identifiers of RFC 9562, as text in lower case.
---@class uuid
local uuid = {}

---Gives a UUID of the time, from a clock that never stands still, and of a random node.
---@return string
function uuid.v1() end

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

---Says whether a value is a UUID as text: with dashes or without, in braces, or as a URN.
---@param value any
---@return boolean
function uuid.validate(value) end

---Gives the version of a UUID.
---@param value string
---@return integer? version
---@return Error? err
function uuid.version(value) end

---Gives the variant of a UUID: "RFC4122", "NCS", "Microsoft" or "Future".
---@param value string
---@return string? variant
---@return Error? err
function uuid.variant(value) end

---Gives what a UUID says: version, variant, the timestamp of versions 1 and 7 in seconds, and the node of version 1.
---@param value string
---@return {version: integer, variant: string, timestamp?: integer, node?: string}? parsed
---@return Error? err
function uuid.parse(value) end

---Gives a UUID as "standard", which is the default, as "simple", without dashes, or as "urn".
---@param value string
---@param format? string
---@return string? text
---@return Error? err
function uuid.format(value, format) end

return uuid
