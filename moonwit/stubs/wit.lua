---@meta

---Optionals, the end of resources, and WAVE, the text of WebAssembly values.
---@class wit
---@field none userdata what stands for an absent optional in lists and inside another optional
local wit = {}

---Makes a present optional, to be told from an absent one inside another optional.
---@param value any
---@return table
function wit.some(value) end

---Marks a table as a map of WIT, so that it can be passed on from script to script whatever its keys are: strings, booleans or integers.
---What a guest gives is marked, and what it is given need not be.
---@generic T: table
---@param value T
---@return T
function wit.map(value) end

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
