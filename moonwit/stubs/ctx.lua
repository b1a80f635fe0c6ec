---@meta

---Values that a caller hands along with its calls (`executor:with_context`).
---@class ctx
local ctx = {}

---Gives the value under `key`, or nil and an error of kind NotFound when no caller has set it.
---@param key string
---@return any value
---@return Error? err
function ctx.get(key) end

---Gives all values by key.
---@return table
function ctx.all() end

return ctx
