---@meta

---What the words behind a script's name mean, by a description that is its help too. The description is a list:
---`{ "file", help = ... }` is an argument by its place, `{ "--limit", "-l", default = 8 }` an option. Fields: `type` ("string",
---"number", "integer", "duration", "flag"; by the default, else a flag), `default`, `help`, `required` (arguments by place are,
---unless false or with a default), `many` (a list), `choices`, `metavar`; and of the whole, `about` and `name`.
---@class args
local args = {}

---Gives the values by name, `-` as `_`. For what does not fit it says so on standard error and ends the script with status 2;
---for `--help` it prints the help and ends it with 0.
---@param spec table
---@param ... string
---@return table values
function args.parse(spec, ...) end

---Gives the values as `parse` does, or nil and an error of kind Invalid.
---@param spec table
---@param ... string
---@return table? values
---@return Error? err
function args.read(spec, ...) end

---Gives the help of a description as text.
---@param spec table
---@return string text
function args.help(spec) end

return args
