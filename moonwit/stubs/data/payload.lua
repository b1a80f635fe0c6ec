---@meta

---Values with a format, and from one format to the other.
---@class payload
---@field format table the formats: JSON, YAML, STRING, BYTES, MSGPACK, LUA, ERROR
local payload = {}

---Gives a payload of a value.
---@param value any
---@return Payload
function payload.new(value) end

---A value with its format.
---@class Payload
local Payload = {}

---Gives the format, one of `payload.format`.
---@return string
function Payload:get_format() end

---Gives what the payload holds: a value, or the text of its format.
---@return any
function Payload:data() end

---Gives the value that the payload stands for, read from its format.
---@return any value
---@return Error? err
function Payload:unmarshal() end

---Gives a payload of the same value in another format.
---@param format string
---@return Payload? payload
---@return Error? err
function Payload:transcode(format) end

return payload
