-- Writes CSV: records with the fields that need it in quotes.
local buffer = require 'string.buffer'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local ffi = require 'ffi'
local got = require 'lua.values.got'
local optional = require 'lua.values.optional'

local type, error, next, tostring, tonumber, rawequal = type, error, next, tostring, tonumber, rawequal
local find, gsub, format = string.find, string.gsub, string.format
local istype, int64, uint64 = ffi.istype, ffi.typeof 'int64_t', ffi.typeof 'uint64_t'

local M = {}

local TURN = 1024

local function number(value)
  if value % 1 == 0 and value > -1e15 and value < 1e15 then return format('%d', value) end
  local text = format('%.14g', value)
  return tonumber(text) == value and text or format('%.17g', value)
end

-- The text of a field, or nil and what it is instead.
local function text_of(value)
  local kind = type(value)
  if kind == 'string' then return value end
  if kind == 'number' then return number(value) end
  if kind == 'boolean' then return tostring(value) end
  if value == nil or rawequal(value, optional.none) then return '' end
  if kind == 'cdata' and (istype(int64, value) or istype(uint64, value)) then return (gsub(tostring(value), 'U?LL$', '')) end
  return nil, got(value)
end

local function invalid(form, sentence) return errors.make { kind = errors.kinds.INVALID, message = form.name .. ': ' .. sentence } end

local function names_of(row)
  local names = {}
  for name in next, row do
    if type(name) ~= 'string' then return nil end
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function put_field(out, form, value, alone)
  local text, instead = text_of(value)
  if not text then return instead end
  -- A line with nothing in it would not be a record.
  if text == '' and alone or find(text, form.special) or find(text, '^%s') or find(text, '%s$') then
    out:put('"', (gsub(text, '"', '""')), '"')
  else
    out:put(text)
  end
end

local function put_record(out, form, fields, count, line)
  for i = 1, count do
    if i > 1 then out:put(form.separator) end
    local instead = put_field(out, form, fields[i], count == 1)
    if instead then return invalid(form, ('row %d, field %d: %s has no form in CSV'):format(line, i, instead)) end
  end
  out:put(form.line_end)
end

-- The fields of a row in the order of the header, and their number; or nil and an error.
local function fields_of(form, row, line)
  if type(row) ~= 'table' then return nil, invalid(form, ('row %d: expected a table, got %s'):format(line, got(row))) end
  local header = form.header
  if next(row) == nil or row[1] ~= nil or type(next(row)) == 'number' then
    local count = header and #header or 0
    for key in next, row do
      if type(key) ~= 'number' or key < 1 or key % 1 ~= 0 or key > 65536 then
        return nil, invalid(form, ('row %d: expected a list, got a table with the key %s'):format(line, tostring(key)))
      end
      if key > count then count = key end
    end
    if header and count > #header then
      return nil, invalid(form, ('row %d has %d fields, and the header %d'):format(line, count, #header))
    end
    return row, count
  end
  if not header then return nil, invalid(form, ('row %d has names: give them their order as `header`'):format(line)) end
  local fields = {}
  for name in next, row do
    if not form.known[name] then return nil, invalid(form, ("row %d: '%s' is not in the header"):format(line, tostring(name))) end
  end
  for i = 1, #header do
    fields[i] = row[header[i]]
  end
  return fields, #header
end

-- Puts the header before the first row, and then rows; gives an error value.
local function put_row(out, form, row, line)
  if not form.special then
    form.special = '[' .. gsub(form.separator, '%W', '%%%0') .. '"\r\n]'
    if not form.header and type(row) == 'table' and row[1] == nil then form.header = next(row) ~= nil and names_of(row) or nil end
    if form.header then
      form.known = {}
      for _, name in ipairs(form.header) do
        form.known[name] = true
      end
      local problem = put_record(out, form, form.header, #form.header, 0)
      if problem then return problem end
    end
  end
  local fields, count = fields_of(form, row, line)
  if not fields then return count end
  if count > 0 then return put_record(out, form, fields, count, line) end
end

--- Gives the text of all rows, or nil and an error value.
---@param rows table
---@param form table
---@return string?
---@return Error?
function M.all(rows, form)
  local out = buffer.new()
  for line, row in ipairs(rows) do
    local problem = put_row(out, form, row, line)
    if problem then return nil, problem end
    if line % TURN == 0 and dispatcher.current() then
      problem = dispatcher.sleep(0, form.name)
      if problem then error(problem, 0) end
    end
  end
  return out:get()
end

--- Gives a function that writes a row.
---@param write function
---@param form table
---@return fun(row: table): true?, Error?
function M.rows(write, form)
  local out, line = buffer.new(), 0
  return function(row)
    line = line + 1
    out:reset()
    local problem = put_row(out, form, row, line)
    if problem then return nil, problem end
    local done, why = write(out:get())
    if done == nil and why ~= nil then return nil, why end
    return true
  end
end

return M
