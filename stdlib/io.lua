-- The module `io`: the standard streams, and nothing else. Reading waits while others run; files are opened by the module `fs`.
local errors = require 'lua.values.errors'
local gate = require 'lua.dispatcher.gate'
local got = require 'lua.values.got'
local input = require 'lua.scripts.input'
local object = require 'stdlib.fs.object'
local output = require 'lua.scripts.output'
local joined = require 'stdlib.values.joined'

local type, error, pcall, select, tostring, tonumber, unpack = type, error, pcall, select, tostring, tonumber, unpack
local concat, max = table.concat, math.max
local take = input.take

local M = {}

-- Bounds what one string may hold, as of a file.
local MAX_STRING = 256 * 1024 * 1024
-- How long a number may be.
local MAX_NUMBER = 200

-- Reading ------------------------------------------------------------------------------------------------------------------

-- What has been read ahead: the bytes of `ahead` from `at` on.
local ahead, at = '', 1
-- What the task whose turn it is has taken of a piece that is not whole yet.
local partial = {}

-- Makes sure that something is read ahead; false at the end of the input, nil and an error.
local function fill()
  if at <= #ahead then return true end
  local data, problem = take()
  if not data then return nil, problem end
  -- Another task may have read too while this one waited.
  ahead, at = ahead:sub(at) .. data, 1
  return ahead ~= ''
end

local function too_long()
  return errors.make {
    kind = errors.kinds.INVALID,
    message = ('io.read: standard input gives more than the %d MiB of a string: read it piece by piece'):format(MAX_STRING / 1048576),
  }
end

-- Takes what is there up to and with `stop`, which finds where a piece ends in what is read ahead, or nil; nil at the end of the input.
local function gather(stop)
  local pieces, total = {}, 0
  partial = pieces
  while true do
    local more, problem = fill()
    if more == nil then return nil, problem end
    if not more then break end
    local last = stop(total)
    local piece = ahead:sub(at, last or -1)
    pieces[#pieces + 1] = piece
    total, at = total + #piece, at + #piece
    if last then break end
    if total > MAX_STRING then return nil, too_long() end
  end
  if total == 0 then return nil end
  return concat(pieces)
end

local function newline() return (ahead:find('\n', at, true)) end

local function take_line()
  local line, problem = gather(newline)
  if not line then return nil, problem end
  return line:sub(-1) == '\n' and line:sub(1, -2) or line
end

local function take_all()
  local text, problem = gather(function() end)
  if problem then return nil, problem end
  return text or ''
end

-- A number after spaces; what can't be in one is left.
local function take_number()
  local text = ''
  partial = {}
  while #text < MAX_NUMBER do
    local more, problem = fill()
    if more == nil then return nil, problem end
    local c = more and ahead:sub(at, at) or ''
    if text == '' and c:find '%s' then
      at = at + 1
    elseif c ~= '' and c:find '[%w.+-]' then
      text, at = text .. c, at + 1
      partial[1] = text
    else
      break
    end
  end
  return (tonumber(text))
end

local function take_bytes(count)
  if count == 0 then
    local more, problem = fill()
    if more then return '' end
    return nil, problem
  end
  return gather(function(total)
    local left = count - total
    return #ahead - at + 1 >= left and at + left - 1 or nil
  end)
end

local FORMATS = { l = take_line, L = function() return gather(newline) end, a = take_all, n = take_number }

local function reader(format, name)
  if type(format) == 'string' then
    local known = FORMATS[format:gsub('^%*', ''):sub(1, 1)]
    if known then return known end
  elseif type(format) == 'number' and format >= 0 and format % 1 == 0 and format <= MAX_STRING then
    return function() return take_bytes(format) end
  end
  error(
    name
      .. ": expected 'l' (a line, the default), 'L' (a line with its end), 'a' (the rest), 'n' (a number) or a count of bytes as a format, "
      .. 'got '
      .. (type(format) == 'string' and "'" .. format:sub(1, 20) .. "'" or type(format) == 'number' and tostring(format) or got(format)),
    3
  )
end

-- One task reads at a time, the others in turn after it: a line that comes in pieces is one task's.
local turn, reading = gate.new(), false

-- Calls `take(...)` when it is this task's turn. What a task has taken when it is canceled is left for the next.
local function in_turn(take_what, ...)
  if reading then
    local problem = gate.wait(turn, nil, 'standard input')
    if problem then error(problem, 0) end
  end
  reading = true
  local ok, value, problem = pcall(take_what, ...)
  if not ok then
    ahead, at = concat(partial) .. ahead:sub(at), 1
  end
  partial, reading = {}, gate.admit(turn)
  if not ok then error(value, 0) end
  return value, problem
end

-- Takes a value by each reader into `values`; returns how many there are with the nil that ends them, or nil and an error.
local function take_each(readers, values)
  for i = 1, #readers do
    local value, problem = readers[i]()
    if problem then return nil, problem end
    values[i] = value
    partial = {}
    if value == nil then return i end
  end
  return #readers
end

local function read(name, ...)
  local count = select('#', ...)
  local readers = {}
  for i = 1, max(count, 1) do
    readers[i] = reader(count == 0 and 'l' or (select(i, ...)), name)
  end
  local values = {}
  local last, problem = in_turn(take_each, readers, values)
  if not last then return nil, problem end
  return unpack(values, 1, last)
end

local function lines(name, format)
  local next_value = reader(format == nil and 'l' or format, name)
  return function()
    local value, problem = in_turn(next_value)
    if problem then error(problem, 2) end
    return value
  end
end

-- Writing ------------------------------------------------------------------------------------------------------------------

local function unwritten(stream, why)
  return nil, errors.make { message = 'standard ' .. stream .. " can't be written to: " .. tostring(why), kind = errors.kinds.UNAVAILABLE }
end

local function write(stream, text)
  local ok, why = (stream == 'error' and output.complain or output.write_out)(text)
  if ok then return true end
  return unwritten(stream, why)
end

-- The streams --------------------------------------------------------------------------------------------------------------

local class = object.class('stream', 'a standard stream', function(state) return 'standard ' .. state.name end)
local methods = class.methods

-- The state of a stream; `wanted` says whether it is to be read from.
local function checked(stream, name, wanted)
  local state = class.state(stream)
  if not state then error('io: ' .. name .. ' is called on ' .. object.described(stream) .. ', write stream:' .. name .. '(...)', 3) end
  if wanted ~= nil and wanted ~= (state.name == 'input') then
    error(
      'stream:' .. name .. ': ' .. (wanted and 'nothing can be read from' or 'nothing can be written to') .. ' standard ' .. state.name,
      3
    )
  end
  return state
end

--- Reads from standard input, as `io.read`.
function methods.read(stream, ...)
  checked(stream, 'read', true)
  return read('stream:read', ...)
end

--- Gives what `read` gives, one after the other, as `io.lines`.
function methods.lines(stream, format)
  checked(stream, 'lines', true)
  return lines('stream:lines', format)
end

--- Writes strings and numbers; returns the stream, or nil and an error.
function methods.write(stream, ...)
  local state = checked(stream, 'write', false)
  local ok, problem = write(state.name, joined('stream:write', ...))
  if not ok then return nil, problem end
  return stream
end

--- Writes what is still buffered; returns true, or nil and an error.
function methods.flush(stream)
  local state = checked(stream, 'flush', false)
  if state.name == 'error' then return true end
  local ok, why = output.flush()
  if ok then return true end
  return nil, errors.make { message = why, kind = errors.kinds.UNAVAILABLE }
end

--- Does nothing: the streams are buffered as they are. Returns true, for scripts that ask.
function methods.setvbuf(stream)
  checked(stream, 'setvbuf')
  return true
end

--- Standard input.
M.stdin = class.new { name = 'input' }
--- Standard output.
M.stdout = class.new { name = 'output' }
--- Standard error.
M.stderr = class.new { name = 'error' }

--- Reads from standard input by formats, waiting for what has not come yet: 'l' a line (the default), 'L' a line with its end, 'a' all the
--- rest, 'n' a number, or a number of bytes. Returns a value for each, nil at the end; nil and an error when it can't be read.
function M.read(...) return read('io.read', ...) end

--- Returns the next line of standard input, nil at its end; or nil and an error.
function M.readline() return read 'io.readline' end

--- Returns an iterator over the lines of standard input, or what another format gives. It raises when that can't be read.
function M.lines(format)
  if type(format) == 'string' and not FORMATS[format:gsub('^%*', '')] then
    error('io.lines: only standard input can be read; open a file by fs.get(id):open(path), and read file:lines()', 2)
  end
  return lines('io.lines', format)
end

--- Writes strings and numbers to standard output; returns true, or nil and an error.
function M.write(...) return write('output', joined('io.write', ...)) end

--- Writes what is still buffered of standard output; returns true, or nil and an error.
function M.flush() return methods.flush(M.stdout) end

--- Prints values on standard output, with tabs between them; returns true.
function M.print(...)
  output.print(...)
  return true
end

--- Prints values on standard error, with tabs between them; returns true, or nil and an error.
function M.eprint(...)
  local shown = { ... }
  for i = 1, select('#', ...) do
    shown[i] = tostring(shown[i])
  end
  return write('error', concat(shown, '\t') .. '\n')
end

--- Returns "file" for a standard stream, nil for any other value.
function M.type(value) return class.state(value) and 'file' or nil end

--- Opens nothing: returns nil and a sentence that names the module `fs`.
function M.open()
  return nil,
    errors.make {
      message = 'io.open: scripts open files below a folder that the project grants: fs.get("ns:folder"):open(path)',
      kind = errors.kinds.PERMISSION_DENIED,
    }
end

return M
