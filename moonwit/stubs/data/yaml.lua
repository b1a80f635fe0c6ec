---@meta

---YAML text to Lua values and back, by the core schema of YAML 1.2.
---@class yaml
local yaml = {}

---Gives what the one document of a YAML text stands for. Null is `json.null`, and nil with `null_as_nil`.
---@param text string at most 64 MiB
---@param options? {null_as_nil?: boolean}
---@return any value
---@return Error? err
function yaml.decode(text, options) end

---Gives a list of what the documents of a YAML text stand for.
---@param text string at most 64 MiB
---@param options? {null_as_nil?: boolean}
---@return any[]? values
---@return Error? err
function yaml.decode_all(text, options) end

---Gives a value as YAML text. The keys in `field_order` come first, in their order; the rest is sorted.
---@param value any
---@param options? {field_order?: string[], sort_unordered?: boolean}
---@return string? text
---@return Error? err
function yaml.encode(value, options) end

return yaml
