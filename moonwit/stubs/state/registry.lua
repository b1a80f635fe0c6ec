---@meta

---What the project declares, to be read: tables that a script may change without effect, without values of the environment.
---@class registry
local registry = {}

---An entry: its fields are in `data`.
---@class RegistryEntry
---@field id string `"namespace:name"`
---@field kind string such as `"function.lua"`
---@field meta table what the entry says about itself
---@field data table its other fields, without texts with `${env:}` or of `file://`

---Gives an entry; the error is of kind NotFound where there is none.
---@param id string `"namespace:name"`
---@return RegistryEntry? entry
---@return Error? err
function registry.get(id) end

---Gives the entries that have all that the filter names, in the order of the project's files.
---@param filter? table<string, string|number|boolean> names of meta, and `.kind`, `.ns` and `.name`
---@return RegistryEntry[]? entries
---@return Error? err
function registry.find(filter) end

---Takes an id apart.
---@param id string `"namespace:name"`
---@return {ns: string, name: string} parts
function registry.parse_id(id) end

return registry
