---@meta

---JSON text to Lua values and back.
---@class json
---@field null userdata what stands for null in arrays and objects; the same as `wit.none`
local json = {}

---Gives a value as JSON text, with sorted keys.
---@param value any
---@param options? {indent?: integer|string}
---@return string? text
---@return Error? err
function json.encode(value, options) end

---Gives what JSON text stands for.
---@param text string
---@return any value
---@return Error? err
function json.decode(text) end

return json
