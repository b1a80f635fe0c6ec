---@meta

---Optionals, the end of resources, and WAVE, the text of WebAssembly values.
---@class wit
---@field none userdata what stands for an absent optional in lists and inside another optional
local wit = {}

---Makes a present optional, to be told from an absent one inside another optional.
---@param value any
---@return table
function wit.some(value) end

---Ends a resource, as `handle:drop()` does; for a resource that has a method `drop` of its own, which `handle:drop()` calls.
---@param handle any
function wit.drop(handle) end

---Gives a value as WAVE text.
---@param value any
---@return string? text
---@return Error? err
function wit.encode(value) end

---Gives what WAVE text stands for.
---@param text string
---@return any value
---@return Error? err
function wit.decode(text) end

return wit
