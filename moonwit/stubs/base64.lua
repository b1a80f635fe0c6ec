---@meta

---Bytes as base64 text (RFC 4648).
---@class base64
local base64 = {}

---Gives data as base64 text, with padding.
---@param data string
---@return string text
function base64.encode(data) end

---Gives what base64 text stands for; line ends in it are left out.
---@param text string
---@return string? data
---@return Error? err
function base64.decode(text) end

return base64
