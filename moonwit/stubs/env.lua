---@meta

---Variables that the registry declares.
---@class env
local env = {}

---Gives the value of a variable, by its entry's id or by its name.
---@param id string
---@return string? value
---@return Error? err
function env.get(id) end

---Sets the value of a variable in its storage.
---@param id string
---@param value string
---@return true? done
---@return Error? err
function env.set(id, value) end

---Gives all variables that have a value, by name.
---@return table<string, string>? values
---@return Error? err
function env.get_all() end

return env
