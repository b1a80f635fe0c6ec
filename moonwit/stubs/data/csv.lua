---@meta

---CSV (RFC 4180), whole texts or row by row. Fields are text.
---@class csv
local csv = {}

---Gives the rows of a CSV text: lists of fields, or with `header` tables by the names in the first row.
---@param text string at most 64 MiB
---@param options? {header?: boolean, separator?: string}
---@return table[]? rows
---@return Error? err
function csv.decode(text, options) end

---Gives rows as CSV text. `header` is written first, and has the order of the fields of rows with names.
---@param rows table[]
---@param options? {header?: string[], separator?: string, line_end?: string}
---@return string? text
---@return Error? err
function csv.encode(rows, options) end

---Gives an iterator over rows, which raises where the text is not CSV. The source is text, a function that gives pieces, or a file.
---@param source string|function|File
---@param options? {header?: boolean, separator?: string}
---@return fun(): table?
function csv.reader(source, options) end

---Gives a function that writes a row to a function or a file.
---@param target function|File
---@param options? {header?: string[], separator?: string, line_end?: string}
---@return fun(row: table): true?, Error?
function csv.writer(target, options) end

return csv
