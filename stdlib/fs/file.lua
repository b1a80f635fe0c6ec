-- Open files: read and written as those of Lua's io library, with a position of their own and a buffer for reading.
local buffer = require 'string.buffer'
local ffi = require 'ffi'
local callbacks = require 'lua.lane.ask'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local object = require 'stdlib.fs.object'
local joined = require 'stdlib.values.joined'

local type, error, select, tostring, tonumber, ipairs, unpack = type, error, select, tostring, tonumber, ipairs, unpack
local collectgarbage = collectgarbage
local concat, floor, min, max = table.concat, math.floor, math.min, math.max
local ask, ask_away = callbacks.ask, callbacks.ask_away

local M = {}

-- What is read ahead for lines and small pieces.
local AHEAD = 64 * 1024
-- To have another thread read or write takes far longer than to do it here with what the system holds in memory, so that is done
-- here, in pieces between which other tasks run; what has to wait for a disk, and large writes, are handed over.
local NEAR = 256 * 1024
local PIECE = 1024 * 1024
-- Bounds what one string may hold: to make it from what was read is one step, in which nobody else runs.
M.MAX_STRING = 256 * 1024 * 1024
local MAX_STRING = M.MAX_STRING
local MAX_OFFSET = 2 ^ 53

--- The modes of files: what each lets a script do.
M.MODES = {}
--- Their names.
M.MODE_NAMES = { 'r', 'w', 'a', 'r+', 'w+', 'a+', 'wx', 'w+x' }
for _, name in ipairs(M.MODE_NAMES) do
  local mode = { name = name, reads = name:find '[r+]' ~= nil, writes = name ~= 'r', appends = name:find 'a' ~= nil }
  M.MODES[name] = mode
  M.MODES[(name:gsub('^(.)', '%1b'))] = mode
  M.MODES[name .. 'b'] = mode
end

-- Files that nobody holds any more: closed with the next use, because a finalizer must not call Python.
local left = {}

local function collected(state)
  if not state.closed then left[#left + 1] = state.number end
end

local function close_left()
  for i = #left, 1, -1 do
    ask('fs_close', left[i])
    left[i] = nil
  end
end

local class = object.class(
  'file',
  'a file',
  function(state) return 'file (' .. (state.closed and 'closed' or state.path) .. ')' end,
  collected
)
local methods = class.methods
M.state = class.state

--- Opens a file below a folder for an owner (lua/scripts/owners.lua); returns it, or nil and an error.
---@param id string
---@param path string
---@param mode table
---@param owner string
---@return userdata?
---@return Error?
function M.open(id, path, mode, owner)
  close_left()
  ---@type border.FileOpened?, Error?
  local answer, problem = ask('fs_open', id, path, mode.name, owner)
  if not answer and problem:kind() == errors.kinds.UNAVAILABLE then
    -- Files that nobody holds any more count until they are collected.
    collectgarbage()
    if left[1] then
      close_left()
      answer, problem = ask('fs_open', id, path, mode.name, owner)
    end
  end
  if not answer then return nil, problem end
  return class.new {
    number = answer.number,
    size = answer.size,
    path = path,
    id = id,
    mode = mode,
    position = 0,
    closed = false,
    busy = false,
    -- What was read ahead: the bytes of `ahead` from `at` on are those at `position`.
    ahead = '',
    at = 1,
  }
end

local function refusal(state, name, kind, words)
  return errors.make { kind = kind, message = ('file:%s: %s in %s %s'):format(name, state.path, state.id, words) }
end

-- The state of a file that is not closed, or nil and an error. Raises for what is not a file.
local function usable(file, name, right)
  local state = class.state(file)
  if not state then error('file:' .. name .. ' is called on ' .. object.described(file) .. ', write file:' .. name .. '(...)', 3) end
  if state.closed then return nil, refusal(state, name, errors.kinds.INVALID, 'is closed') end
  if state.busy then return nil, refusal(state, name, errors.kinds.CONFLICT, 'is in use by another coroutine') end
  if right and not state.mode[right] then
    return nil, refusal(state, name, errors.kinds.PERMISSION_DENIED, "is open in mode '" .. state.mode.name .. "', which does not allow it")
  end
  return state
end

-- How many bytes were read and written here since other tasks ran.
local worked = 0

-- Lets other tasks run when much has been done here. A task that is canceled meanwhile leaves the file marked as in use.
local function rest(state, size)
  worked = worked + size
  if worked < PIECE or not dispatcher.current() then return end
  worked = 0
  state.busy = true
  local canceled = dispatcher.pause 'fs'
  if canceled then error(canceled, 0) end
  state.busy = false
end

-- Has another thread do something that takes long, while the file is marked as in use.
local function hand_over(state, name, ...)
  state.busy = true
  local answer, problem = ask_away(name, state.number, ...)
  state.busy = false
  return answer, problem
end

-- Reads up to `count` bytes at an offset; "" at the end of the file.
local function fetch(state, offset, count)
  local data, problem = ask('fs_read_here', state.number, offset, count)
  if type(data) == 'table' then return hand_over(state, 'fs_read', offset, count) end
  if data then rest(state, #data) end
  return data, problem
end

-- Makes sure that something is read ahead; false at the end of the file, nil and an error.
local function fill(state)
  if state.at <= #state.ahead then return true end
  local data, problem = fetch(state, state.position, AHEAD)
  if not data then return nil, problem end
  state.ahead, state.at = data, 1
  return data ~= ''
end

local function too_long(state, name)
  return refusal(
    state,
    name,
    errors.kinds.INVALID,
    ('gives more than the %d MiB of a string: read it piece by piece'):format(MAX_STRING / 1048576)
  )
end

-- Adds up to `count` bytes from the position on to what is read already. Gives how many; 0 at the end of the file, nil and an error.
local function add(state, read, count)
  local memory = read:reserve(count)
  local address = tonumber(ffi.cast('uintptr_t', memory))
  ---@type border.BytesRead|border.WouldWait|nil, Error?
  local answer, problem = ask('fs_read_into', state.number, state.position, address, min(count, NEAR))
  if not answer then return nil, problem end
  if not answer.wait then
    read:commit(answer.count)
    rest(state, answer.count)
    return answer.count
  end
  local data
  data, problem = hand_over(state, 'fs_read', state.position, min(count, PIECE))
  if not data then return nil, problem end
  read:put(data)
  return #data
end

-- Takes up to `count` bytes; nil at the end of the file, where `count` is not 0.
local function take(state, count)
  if count <= AHEAD then
    local more, problem = fill(state)
    if not more then return nil, problem end
  end
  local ready = min(#state.ahead - state.at + 1, count)
  local known = state.ahead:sub(state.at, state.at + ready - 1)
  state.at, state.position = state.at + ready, state.position + ready
  if ready == count then return known end
  local read = buffer.new()
  read:put(known)
  local total = ready
  -- As much as there was when the file was opened is made room for at once; what was added since comes piece by piece.
  local room = min(count - total, max(state.size - state.position, 0))
  if room > NEAR then read:reserve(room) end
  while total < count do
    local found, problem = add(state, read, min(count - total, NEAR))
    if not found then return nil, problem end
    if found == 0 then break end
    total, state.position = total + found, state.position + found
    if total > MAX_STRING then return nil, too_long(state, 'read') end
  end
  if total == 0 then return nil end
  return read:tostring()
end

local function take_line(state, keep)
  local pieces, total = {}, 0
  while true do
    local more, problem = fill(state)
    if more == nil then return nil, problem end
    if not more then break end
    local stop = state.ahead:find('\n', state.at, true)
    local piece = state.ahead:sub(state.at, stop or -1)
    pieces[#pieces + 1] = piece
    total = total + #piece
    state.at, state.position = state.at + #piece, state.position + #piece
    if stop then
      local line = concat(pieces)
      return keep and line or line:sub(1, -2)
    end
    if total > MAX_STRING then return nil, too_long(state, 'read') end
  end
  if total == 0 then return nil end
  return concat(pieces)
end

local function take_all(state)
  local data, problem = take(state, MAX_STRING + 1)
  if problem then return nil, problem end
  return data or ''
end

local FORMATS = {
  l = function(state) return take_line(state, false) end,
  L = function(state) return take_line(state, true) end,
  a = take_all,
}

-- The function for a format of `read`; nil for what is none.
local function reader(format)
  if type(format) == 'string' then return FORMATS[format:gsub('^%*', '')] end
  if type(format) == 'number' and format >= 0 and format % 1 == 0 and format <= MAX_STRING then
    return function(state)
      if format > 0 then return take(state, format) end
      local more, problem = fill(state)
      if more then return '' end
      return nil, problem
    end
  end
end

local FORMAT = ": expected 'l' (a line, the default), 'L' (a line with its end), 'a' (the rest) or a number of bytes as a format, got "

local function format_shown(format)
  return type(format) == 'string' and "'" .. format:sub(1, 20) .. "'"
    or type(format) == 'number' and tostring(format)
    or object.described(format)
end

--- Reads by formats, as Lua's file:read: "l" a line (the default), "L" a line with its end, "a" the rest of the file, or a number
-- of bytes. Returns a value for each, nil at the end of the file; nil and an error when it can't be read.
function methods.read(file, ...)
  local count = select('#', ...)
  local readers = { reader 'l' }
  for i = 1, count do
    readers[i] = reader((select(i, ...)))
    if not readers[i] then error('file:read' .. FORMAT .. format_shown((select(i, ...))), 2) end
  end
  local state, refused = usable(file, 'read', 'reads')
  if not state then return nil, refused end
  local values = {}
  for i = 1, max(count, 1) do
    local value, problem = readers[i](state)
    if problem then return nil, problem end
    values[i] = value
    if value == nil then return unpack(values, 1, i) end
  end
  return unpack(values, 1, max(count, 1))
end

--- Returns an iterator over what `file:read(format)` gives, up to the end of the file; it raises when the file can't be read.
function methods.lines(file, format)
  local read = reader(format == nil and 'l' or format)
  if not read then error('file:lines' .. FORMAT .. format_shown(format), 2) end
  local state, refused = usable(file, 'lines', 'reads')
  if not state then error(refused, 2) end
  return function()
    -- Asked each time: the file may have been closed. `file` is named to be held.
    local now, why = usable(file, 'lines', 'reads')
    if not now then error(why, 2) end
    local value, problem = read(now)
    if problem then error(problem, 2) end
    return value
  end
end

--- Writes strings and numbers at the position, or at the end in mode "a"; returns the file, or nil and an error.
function methods.write(file, ...)
  local data = joined('file:write', ...)
  local state, refused = usable(file, 'write', 'writes')
  if not state then return nil, refused end
  state.ahead, state.at = '', 1
  local from = 1
  while from <= #data do
    local piece = #data <= PIECE and data or data:sub(from, from + PIECE - 1)
    local position = state.mode.appends and -1 or state.position
    ---@type border.FileSize?, Error?
    local answer, problem
    if #piece <= NEAR then
      answer, problem = ask('fs_write', state.number, position, piece)
    else
      answer, problem = hand_over(state, 'fs_write', position, piece)
    end
    if not answer then return nil, problem end
    state.position = state.mode.appends and answer.size or state.position + #piece
    from = from + #piece
    if #piece <= NEAR then rest(state, #piece) end
  end
  return file
end

--- Sets the position to `offset` bytes from "set" (the beginning), "cur" (the default) or "end", and returns it; nil and an error
-- for another word, or a place before the beginning. Without arguments it returns where the position is.
function methods.seek(file, whence, offset)
  if whence == nil then whence = 'cur' end
  if offset == nil then offset = 0 end
  if type(offset) ~= 'number' or offset % 1 ~= 0 then
    error('file:seek: expected a whole number as the offset, got ' .. format_shown(offset), 2)
  end
  local state, refused = usable(file, 'seek')
  if not state then return nil, refused end
  if whence ~= 'set' and whence ~= 'cur' and whence ~= 'end' then
    return nil,
      errors.make { kind = errors.kinds.INVALID, message = "file:seek: expected 'set', 'cur' or 'end', got " .. format_shown(whence) }
  end
  local base = whence == 'cur' and state.position or 0
  if whence == 'end' then
    ---@type border.FileSize?, Error?
    local answer, problem = ask('fs_size', state.number)
    if not answer then return nil, problem end
    base = answer.size
  end
  local position = base + floor(offset)
  if position < 0 or position > MAX_OFFSET then
    return nil, refusal(state, 'seek', errors.kinds.INVALID, ('has no position %.0f'):format(position))
  end
  if position ~= state.position then
    state.position, state.ahead, state.at = position, '', 1
  end
  return position
end

--- Closes the file; returns true, or nil and an error when it was closed before.
function methods.close(file)
  local state = class.state(file)
  if not state then error('file:close is called on ' .. object.described(file) .. ', write file:close()', 2) end
  if state.closed then return nil, refusal(state, 'close', errors.kinds.INVALID, 'is closed') end
  state.closed, state.ahead = true, ''
  ask('fs_close', state.number)
  return true
end

return M
