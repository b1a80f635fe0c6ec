-- What Lua writes into streams and futures of guests, and the buffers that it reads into.

local dispatcher = require 'lua.dispatcher.dispatcher'
local ends = require 'lua.tasks.ends'
local errors = require 'lua.values.errors'
local handles = require 'lua.tasks.handles'

local type, setmetatable, error = type, setmetatable, error
local COMPLETED, DROPPED = ends.COMPLETED, ends.DROPPED

local M = {}

-- Whose values they are: nobody's guest.
local NOBODY = {}
M.NOBODY = NOBODY

-- Buffers ------------------------------------------------------------------------------------------------------------

local Source, Sink = {}, {}
Source.__index, Sink.__index = Source, Sink

-- Values to be written: a string, or a sequence.
local function source(values, length) return setmetatable({ values = values, length = length, progress = 0 }, Source) end

function Source.take(buffer, n)
  local from = buffer.progress
  buffer.progress = from + n
  if type(buffer.values) == 'string' then
    if from == 0 and n == #buffer.values then return buffer.values end
    return buffer.values:sub(from + 1, from + n)
  end
  if not buffer.values then return n end
  local out = {}
  for i = 1, n do
    out[i] = buffer.values[from + i]
  end
  return out
end

-- What was read.
local function sink(length, is_bytes)
  return setmetatable({ length = length, progress = 0, is_bytes = is_bytes, pieces = {}, count = 0 }, Sink)
end

function Sink.put(buffer, values, n)
  buffer.progress = buffer.progress + n
  if type(values) == 'table' then
    for i = 1, n do
      buffer.pieces[buffer.count + i] = values[i]
    end
    buffer.count = buffer.count + n
  elseif buffer.is_bytes then
    buffer.count = buffer.count + 1
    buffer.pieces[buffer.count] = values
  else
    for i = 1, n do
      buffer.pieces[buffer.count + i] = true
    end
    buffer.count = buffer.count + n
  end
end

-- Writing ------------------------------------------------------------------------------------------------------------

-- Writes values, and calls done(dropped) when all have been taken, or the reader is gone.
local function write(shared, values, length, done)
  local buffer, over = source(values, length), false
  local function finish(result)
    if over then return end
    over = true
    done(result == DROPPED)
  end
  local function go_on()
    ends.copy(shared, 'write', NOBODY, buffer, function(reclaim)
      if buffer.progress < buffer.length then return end
      reclaim()
      finish(COMPLETED)
    end, function(result)
      if result == COMPLETED and buffer.progress < buffer.length then return go_on() end
      finish(result)
    end)
  end
  go_on()
end

-- Writes from a task of the lane, which waits.
local function write_waiting(shared, values, length)
  local over, dropped, called, generation = false, false, nil, nil
  write(shared, values, length, function(gone)
    over, dropped = true, gone
    if called then dispatcher.wake(called, generation) end
  end)
  while not over do
    called, generation = dispatcher.ticket()
    if not called then error(generation, 0) end
    local problem = dispatcher.wait_until(nil, 'a guest to read a stream')
    if problem then error(problem, 0) end
  end
  return dropped
end

-- Feeds a stream from what gives one value after another, in a task of its own.
local function feed(shared, next_value, t)
  local is_bytes = t.element and t.element.kind == 'u8'
  local check = t.element and handles.checker(t.element)
  local group = dispatcher.open(function(group)
    ends.drop(shared)
    if group.problem and group.problem:kind() ~= errors.kinds.CANCELED then shared.problem = group.problem end
  end, function()
    while not shared.dropped do
      local value = next_value()
      if value == nil then return end
      local values, length = { value }, 1
      if is_bytes and type(value) == 'string' then
        values, length = value, #value
      elseif not t.element then
        values = nil
      elseif check and not check(value) then
        error(
          errors.make { message = 'a value of a stream does not fit ' .. (t.name or 'it'), kind = errors.kinds.INVALID, lua_stack = {} },
          0
        )
      elseif is_bytes then
        values = string.char(value)
      end
      if length > 0 and write_waiting(shared, values, length) then return end
    end
  end)
  shared.on_drop = function() dispatcher.cancel_group(group) end
end

M.sink, M.write, M.write_waiting, M.feed = sink, write, write_waiting, feed

return M
