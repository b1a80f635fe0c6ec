---@meta

---Texts made of templates in Jinja's language, in its sandbox.
---@class template
local template = {}

---Gives what a template makes of values. HTML in them is escaped unless `escape` is false; with `strict`, what is not there is an error.
---@param text string
---@param values? table
---@param options? {escape?: boolean, strict?: boolean, templates?: table<string, string>}
---@return string? result
---@return Error? err
function template.render(text, values, options) end

---Gives a set of templates by their names, which may include and extend each other.
---@param templates table<string, string>
---@param options? {escape?: boolean, strict?: boolean}
---@return TemplateSet? set
---@return Error? err
function template.set(templates, options) end

---Templates by their names.
---@class TemplateSet
local TemplateSet = {}

---Gives what the template of a name makes of values.
---@param name string
---@param values? table
---@return string? result
---@return Error? err
function TemplateSet:render(name, values) end

---Forgets the templates.
---@return boolean
function TemplateSet:release() end

return template
