-- Reads CSV: record by record from pieces of text.
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'

local find, sub, gsub, byte, concat = string.find, string.sub, string.gsub, string.byte, table.concat
local type, error, pcall, tostring = type, error, pcall, tostring

local M = {}

-- How long one record may be, and how many fields it may have.
local MAX_RECORD, MAX_FIELDS = 16 * 1024 * 1024, 65536
-- Others run after so many bytes.
local TURN = 256 * 1024

local QUOTE, CR, LF = 34, 13, 10

-- What cuts a record short where the text at hand ends; there may be more.
local MORE = {}
local FAILED = {}

---@class CsvState
---@field text string what is at hand
---@field at integer where the next record begins
---@field ended boolean nothing more comes
---@field line integer of the next record
---@field read integer bytes since others ran
---@field separator string
---@field stop string pattern of what ends a field
---@field begun boolean? the text has begun: a byte order mark could only stand before
---@field problem string?

local function escaped(separator) return (gsub(separator, '%W', '%%%0')) end

local function state_of(separator)
  ---@type CsvState
  return {
    text = '',
    at = 1,
    ended = false,
    line = 1,
    read = 0,
    separator = separator,
    stop = '[' .. escaped(separator) .. '"\r\n]',
    problem = nil,
  }
end

local function fail(state, line, column, sentence)
  state.problem = 'line ' .. line .. ', column ' .. column .. ': ' .. sentence
  error(FAILED, 0)
end

-- Reads a quoted field whose first byte is at `at`; gives its text, the place behind it, and the line there.
local function quoted(state, at, line, start)
  local text = state.text
  local from, doubled = at, false
  while true do
    local quote = find(text, '"', from, true)
    if not quote then
      if state.ended then fail(state, line, at - start, 'the quoted field has no end') end
      error(MORE, 0)
    end
    local following = byte(text, quote + 1)
    if not following and not state.ended then error(MORE, 0) end
    if following ~= QUOTE then
      local field = sub(text, at, quote - 1)
      if find(field, '[\r\n]') then
        local _, feeds = gsub(field, '\n', '')
        local _, returns = gsub(field, '\r%f[^\n]', '')
        line = line + feeds + returns
      end
      if doubled then field = gsub(field, '""', '"') end
      return field, quote + 1, line
    end
    from, doubled = quote + 2, true
  end
end

-- Reads the record at `state.at`: a list of fields, the place behind it and the line there.
local function record(state)
  local text, separator, stop = state.text, byte(state.separator), state.stop
  local start, at, line = state.at, state.at, state.line
  local fields, count = {}, 0
  while true do
    local field
    if byte(text, at) == QUOTE then
      field, at, line = quoted(state, at + 1, line, start)
    else
      local last = find(text, stop, at)
      if not last and not state.ended then error(MORE, 0) end
      field = sub(text, at, (last or #text + 1) - 1)
      at = last or #text + 1
      if byte(text, at) == QUOTE then fail(state, line, at - start + 1, 'a quote stands in a field that is not quoted') end
    end
    count = count + 1
    if count > MAX_FIELDS then fail(state, line, 1, 'a record has more than ' .. MAX_FIELDS .. ' fields') end
    fields[count] = field
    local following = byte(text, at)
    if following == separator then
      at = at + 1
    elseif following == CR then
      -- Whether a line feed belongs to it is known when there is more.
      if not byte(text, at + 1) and not state.ended then error(MORE, 0) end
      return fields, byte(text, at + 1) == LF and at + 2 or at + 1, line + 1
    elseif following == LF then
      return fields, at + 1, line + 1
    elseif not following then
      if not state.ended then error(MORE, 0) end
      return fields, at, line
    else
      fail(state, line, at - start + 1, 'expected the separator or the end of the line after a quoted field')
    end
  end
end

-- Gets as much again as there is, so that a long record is not read over and over.
local function fill(state, pieces)
  local parts, size = { sub(state.text, state.at) }, 0
  local wanted = #parts[1]
  repeat
    local piece, problem = pieces()
    if piece == nil or piece == '' then
      if piece == nil and problem ~= nil then error(problem, 0) end
      state.ended = true
      break
    end
    if type(piece) ~= 'string' then error('expected pieces of text, got a ' .. type(piece), 0) end
    parts[#parts + 1], size = piece, size + #piece
  until size >= wanted
  state.text, state.at = concat(parts), 1
  if not state.begun then
    state.begun = true
    if sub(state.text, 1, 3) == '\239\187\191' then state.at = 4 end
  end
end

local function give_way(state, name)
  if state.read < TURN then return end
  state.read = 0
  if not dispatcher.current() then return end
  local problem = dispatcher.sleep(0, name)
  if problem then error(problem, 0) end
end

-- Gives the next record and its line, or nil at the end.
local function next_record(state, pieces, name)
  while true do
    give_way(state, name)
    if state.at > #state.text then
      if state.ended then return nil end
      fill(state, pieces)
    else
      local ok, fields, at, line = pcall(record, state)
      if ok then
        local first, start = state.line, state.at
        state.read = state.read + (at - start)
        state.at, state.line = at, line
        -- A line with nothing in it is not a record.
        if fields[2] ~= nil or fields[1] ~= '' or byte(state.text, start) == QUOTE then return fields, first end
      elseif fields == MORE then
        if #state.text - state.at > MAX_RECORD then
          state.problem = 'line ' .. state.line .. ': a record has more than ' .. MAX_RECORD .. ' bytes'
          error(FAILED, 0)
        end
        fill(state, pieces)
      else
        error(fields, 0)
      end
    end
  end
end

local function named(state, header, fields, line)
  if #fields ~= #header then fail(state, line, 1, ('the row has %d fields, and the header %d'):format(#fields, #header)) end
  local row = {}
  for i = 1, #header do
    row[header[i]] = fields[i]
  end
  return row
end

local function checked_header(state, fields, line)
  local known = {}
  for _, name in ipairs(fields) do
    if known[name] then fail(state, line, 1, "the header has the name '" .. sub(name, 1, 60) .. "' twice") end
    known[name] = true
  end
  return fields
end

local function make(pieces, separator, with_header, name)
  local state, header = state_of(separator), nil
  return state,
    function()
      local fields, line = next_record(state, pieces, name)
      if not with_header then return fields end
      if fields and not header then
        header = checked_header(state, fields, line)
        fields, line = next_record(state, pieces, name)
      end
      return fields and named(state, header, fields, line)
    end
end

local function problem_of(state, thrown, name)
  if thrown == FAILED then return errors.make { message = name .. ': ' .. state.problem, kind = errors.kinds.INVALID } end
  if errors.is_error(thrown) then return thrown end
  return errors.make { message = name .. ': ' .. tostring(thrown), kind = errors.kinds.INVALID }
end

--- Gives an iterator over rows, which raises an error value.
---@param pieces function
---@param separator string
---@param with_header boolean?
---@param name string
---@return fun(): table?
function M.rows(pieces, separator, with_header, name)
  local state, advance = make(pieces, separator, with_header, name)
  return function()
    local ok, row = errors.caught(pcall(advance))
    if ok then return row end
    error(problem_of(state, row, name), 0)
  end
end

--- Gives all rows, or nil and an error value.
---@param pieces function
---@param separator string
---@param with_header boolean?
---@return table[]?
---@return Error?
function M.all(pieces, separator, with_header)
  local state, advance = make(pieces, separator, with_header, 'csv.decode')
  local rows, count = {}, 0
  while true do
    local ok, row = errors.caught(pcall(advance))
    if not ok then
      -- What cancels the task ends it.
      if row ~= FAILED and not (errors.is_error(row) and row:kind() == errors.kinds.INVALID) then error(row, 0) end
      return nil, problem_of(state, row, 'csv.decode')
    end
    if row == nil then return rows end
    count = count + 1
    rows[count] = row
  end
end

return M
