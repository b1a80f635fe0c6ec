-- The module `csv`: RFC 4180, whole texts or row by row.
--
-- Lua reads it itself, as it does JSON: passing each field on from Python would cost more than reading it. Fields are text: CSV has no
-- other type. Lines may end in any way, a byte order mark at the start is left out, and so are lines with nothing in them.
local bounds = require 'stdlib.data.bounds'
local got = require 'lua.values.got'
local parser = require 'stdlib.data.csv.parser'
local writer = require 'stdlib.data.csv.writer'

local type, error = type, error

local M = {}

local READING = { header = 'boolean', separator = 'string' }
local WRITING = { header = 'table', separator = 'string', line_end = 'string' }

-- How much is asked of a source at once.
local PIECE = 64 * 1024

local function separator_of(options, name)
  local separator = options.separator or ','
  if #separator ~= 1 or separator:find '["\r\n]' then
    error(name .. (': expected one byte as the separator, no quote and no line end, got %q'):format(separator:sub(1, 20)), 3)
  end
  return separator
end

-- A function that gives pieces of text until it gives nil; or nil, where `source` is none.
local function pieces_of(source)
  local kind = type(source)
  if kind == 'function' then return source end
  if kind == 'string' then
    local rest = source
    return function()
      local piece = rest
      rest = nil
      return piece
    end
  end
  if kind == 'userdata' or kind == 'table' then
    return function() return source:read(PIECE) end
  end
end

--- Returns an iterator over the rows of CSV: text, a function that gives pieces of it and nil at the end, or what has a method
-- `read(bytes)`, such as a file. A row is a list of its fields; with `options.header`, a table of them by the names in the first row.
-- It raises an error value with line and column where the text is not CSV.
---@param source any
---@param options table?
---@return any
---@return any err
function M.reader(source, options)
  local given = bounds.options(options, 'csv.reader', READING)
  local pieces = pieces_of(source)
  if not pieces then error('csv.reader: expected text, a function, or a file, got ' .. got(source), 2) end
  return parser.rows(pieces, separator_of(given, 'csv.reader'), given.header, 'csv.reader')
end

--- Returns the rows of a CSV text, as `reader` gives them, or nil and an error with line and column.
---@param text string
---@param options table?
---@return any
---@return any err
function M.decode(text, options)
  bounds.text(text, 'csv.decode', 'text')
  local given = bounds.options(options, 'csv.decode', READING)
  local problem = bounds.too_long(text, 'csv.decode')
  if problem then return nil, problem end
  return parser.all(pieces_of(text), separator_of(given, 'csv.decode'), given.header)
end

local function form_of(options, name)
  local line_end = options.line_end or '\r\n'
  if line_end ~= '\r\n' and line_end ~= '\n' then
    error(name .. (': expected "\\r\\n" or "\\n" as the line_end, got %q'):format(line_end:sub(1, 20)), 3)
  end
  return { separator = separator_of(options, name), line_end = line_end, header = options.header, name = name }
end

--- Returns rows as CSV text, or nil and an error. A row is a list, or a table of fields by the names in `options.header`, which is
-- written first; without it the names are those of the first row, sorted. nil and `json.null` are empty fields.
---@param rows table
---@param options table?
---@return any
---@return any err
function M.encode(rows, options)
  if type(rows) ~= 'table' then error('csv.encode: expected a list of rows, got ' .. got(rows), 2) end
  return writer.all(rows, form_of(bounds.options(options, 'csv.encode', WRITING), 'csv.encode'))
end

--- Returns a function that writes a row to `target`: a function that takes text, or what has a method `write`, such as a file.
-- It returns true, or nil and an error. The rows and the options are those of `encode`.
---@param target any
---@param options table?
---@return any
---@return any err
function M.writer(target, options)
  local form = form_of(bounds.options(options, 'csv.writer', WRITING), 'csv.writer')
  local kind = type(target)
  if kind ~= 'function' and kind ~= 'userdata' and kind ~= 'table' then
    error('csv.writer: expected a function or a file, got ' .. got(target), 2)
  end
  local write = kind == 'function' and target or function(text) return target:write(text) end
  return writer.rows(write, form)
end

return M
