---@meta

---TOML 1.0 to Lua values.
---@class toml
local toml = {}

---Gives what a TOML text stands for. Dates and times are text, as ISO 8601 writes them.
---@param text string at most 64 MiB
---@return table? value
---@return Error? err
function toml.decode(text) end

return toml
