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

---Gives what JSON text stands for; with `null_as_nil`, null is nil.
---@param text string
---@param options? {null_as_nil?: boolean}
---@return any value
---@return Error? err
function json.decode(text, options) end

---Gives a copy of a decoded value in which null is nil: arrays have holes then.
---@param value any
---@return any
function json.null_as_nil(value) end

---Says whether a value is as a JSON Schema has it. The error's details are a list of what is wrong, with path, message and keyword.
---@param schema table|string
---@param value any
---@return boolean valid
---@return Error? err
function json.validate(schema, value) end

---Says whether a value as JSON is as a JSON Schema has it.
---@param schema table|string
---@param text string
---@return boolean valid
---@return Error? err
function json.validate_string(schema, text) end

return json
