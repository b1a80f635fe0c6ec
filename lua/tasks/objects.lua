-- Streams and futures as Lua has them: `stream:read()` and the like for one of a guest, and what a script may give for one.

local dispatcher = require 'lua.dispatcher.dispatcher'
local ends = require 'lua.tasks.ends'
local errors = require 'lua.values.errors'
local handles = require 'lua.tasks.handles'
local nearest = require 'lua.values.nearest'
local writing = require 'lua.tasks.writing'

local type, getmetatable, setmetatable, error, tostring = type, getmetatable, setmetatable, error, tostring
local min, concat = math.min, table.concat
local COMPLETED = ends.COMPLETED

local M = {}

-- What one read gives at most where nothing is said, in bytes or values; and how much a feeder passes on at once.
local MOST_BYTES, MOST_VALUES = 65536, 1024

local given -- what the standard library has: see `setup`
local NOBODY = writing.NOBODY

--- Sets what the standard library has: pull(value) gives a function that gives the next value, and may wait, or nil; channel(size) makes
--- a channel, with send(channel, value) and close(channel); future() makes a future and what completes it, watch(future, f),
--- is_future(value).
---@param of_stdlib table<string, function>
function M.setup(of_stdlib) given = of_stdlib end

local sink, write, feed = writing.sink, writing.write, writing.feed

local STREAM = {}
local streams = setmetatable({}, { __mode = 'k' }) -- stream object -> {shared =, state =}

--- Tells whether a value can stand for a stream or future of type `t`.
---@param v any
---@param t table
---@return boolean
function M.fits(v, t)
  if t.kind == 'future' then
    if streams[v] then return false end
    return given.is_future(v)
      or given.pull(v, true) ~= nil and type(v) ~= 'string' and type(v) ~= 'function'
      or not t.element
      or handles.checker(t.element)(v)
  end
  if v == nil then return false end
  local own = streams[v]
  if own then return own.shared ~= nil and own.shared.key == t.name end
  if type(v) == 'string' then return t.element ~= nil and t.element.kind == 'u8' end
  if type(v) == 'function' then return true end
  if type(v) == 'table' and getmetatable(v) == nil then
    if not t.element then return true end
    local check = handles.checker(t.element)
    for i = 1, #v do
      if not check(v[i]) then return false end
    end
    return true
  end
  return given.pull(v, true) ~= nil
end

local function stream_for(v, t, shared)
  if type(v) == 'string' then
    if v == '' then return ends.drop(shared) end
    return write(shared, v, #v, function() ends.drop(shared) end)
  end
  if type(v) == 'table' and getmetatable(v) == nil then
    local values, n = {}, #v
    for i = 1, n do
      values[i] = v[i]
    end
    if n == 0 then return ends.drop(shared) end
    if t.element and t.element.kind == 'u8' then values = string.char(unpack(values)) end
    return write(shared, t.element and values or nil, n, function() ends.drop(shared) end)
  end
  return feed(shared, type(v) == 'function' and v or given.pull(v), t)
end

local function future_for(v, t, shared)
  local function give(value)
    write(shared, { value }, 1, function() ends.drop(shared) end)
  end
  if given.is_future(v) then
    return given.watch(v, function(value, problem)
      if problem == nil then return give(value) end
      shared.problem = problem
      if shared.pending and shared.pending.who.state then
        local state = shared.pending.who.state
        state.dead = { reason = 'the future that it waits for has failed: ' .. problem:message(), frames = {}, raised = problem }
        state.fail(state)
      end
    end)
  end
  local next_value = given.pull(v, true) and type(v) ~= 'string' and type(v) ~= 'function' and given.pull(v)
  if not next_value then return give(v) end
  dispatcher.open(nil, function() give(next_value()) end)
end

local WRITER = {}

--- A stream or a future that the host writes to: begin(shared) is called when a guest gets its readable end.
---@param begin fun(shared: Shared)
---@return table
function M.writer(begin) return setmetatable({ begin = begin }, WRITER) end

--- Takes what is shared out of the object of a stream or future of a guest, which is closed then.
---@param stream any
---@return Shared
function M.take(stream)
  local own = streams[stream]
  local shared = own.shared
  own.shared = nil
  return shared
end

--- Gives what is shared with a guest for what a script gives.
---@param v any
---@param t table
---@param state table
---@return Shared
function M.for_guest(v, t, state)
  local own = streams[v]
  if own then
    local shared = M.take(v)
    state.shared[shared] = true
    return shared
  end
  local shared = ends.new(t.kind, t.element)
  shared.key, state.shared[shared] = t.name, true
  if getmetatable(v) == WRITER then
    v.begin(shared)
    return shared
  end
  if t.kind == 'future' then
    future_for(v, t, shared)
  else
    stream_for(v, t, shared)
  end
  return shared
end

-- Reading ------------------------------------------------------------------------------------------------------------

--- Reads up to `most` values, in a task of the lane, which waits; nil, or nil and an error, at the end.
---@param shared Shared
---@param most integer
---@param is_bytes boolean
---@return any values
---@return any problem
function M.read(shared, most, is_bytes)
  -- Nothing comes any more, whether or not somebody has waited for it then.
  if shared.failed then return nil, errors.make { message = shared.failed.reason, kind = errors.kinds.INTERNAL } end
  local buffer, over, called, generation = sink(most, is_bytes), false, nil, nil
  local function finish()
    over = true
    if called then dispatcher.wake(called, generation) end
  end
  ends.copy(shared, 'read', NOBODY, buffer, function(reclaim)
    reclaim()
    finish()
  end, finish)
  shared.lost = function(report)
    shared.problem = errors.make { message = report.reason, kind = errors.kinds.INTERNAL }
    finish()
  end
  while not over do
    called, generation = dispatcher.ticket()
    if not called then error(generation, 0) end
    local problem = dispatcher.wait_until(nil, 'stream read')
    if problem and not over then
      ends.cancel(shared)
      error(problem, 0)
    end
  end
  if buffer.progress == 0 then return nil, shared.problem end
  if is_bytes then return concat(buffer.pieces, '', 1, buffer.count) end
  return buffer.pieces
end

local read, methods = M.read, {}

local function check(stream, method)
  local own = streams[stream]
  if not own then error('stream:' .. method .. ' is called on a ' .. type(stream) .. ', write stream:' .. method .. '(...)', 3) end
  if not own.shared then error('this stream was closed, or handed to a guest', 3) end
  return own
end

local function read_piece(own, most)
  local rest = own.rest
  if rest then
    own.rest = nil
    if own.is_bytes and #rest > most then
      own.rest = rest:sub(most + 1)
      return rest:sub(1, most)
    end
    return rest
  end
  return read(own.shared, most, own.is_bytes)
end

--- Reads what there is, at most `most` bytes or values; waits while there is nothing. Returns a string for a stream of bytes, else a
--- sequence; nil at the end, and an error where the guest has failed.
function methods.read(stream, most)
  local own = check(stream, 'read')
  most = most or (own.is_bytes and MOST_BYTES or MOST_VALUES)
  if type(most) ~= 'number' or most < 1 or most % 1 ~= 0 then
    error('stream:read: expected a whole number of at least 1, got ' .. tostring(most), 2)
  end
  return read_piece(own, min(most, ends.MOST_LENGTH))
end

--- Iterates over the lines of a stream of bytes, without their ends.
function methods.lines(stream)
  local own = check(stream, 'lines')
  if not own.is_bytes then error('stream:lines: only a stream of bytes has lines', 2) end
  local buffer, from, over = '', 1, false
  return function()
    while true do
      local at = buffer:find('\n', from, true)
      if at then
        local line = buffer:sub(from, at - 1)
        from = at + 1
        return line
      end
      if over then
        if from > #buffer then return nil end
        local line = buffer:sub(from)
        buffer, from = '', 1
        return line
      end
      local piece, problem
      if own.shared then
        piece, problem = read_piece(own, MOST_BYTES)
      end
      if problem then error(problem, 2) end
      if piece then
        buffer, from = buffer:sub(from) .. piece, 1
      else
        over = true
      end
    end
  end
end

--- Iterates over the values; of a stream of bytes, over the pieces that come.
function methods.each(stream)
  local own = check(stream, 'each')
  local values, at = nil, 0
  return function()
    if own.is_bytes then
      local piece, problem = read_piece(own, MOST_BYTES)
      if problem then error(problem, 2) end
      return piece
    end
    at = at + 1
    while not values or at > #values do
      local problem
      if not own.shared then return nil end
      values, problem = read_piece(own, MOST_VALUES)
      if problem then error(problem, 2) end
      if not values then return nil end
      at = 1
    end
    return values[at]
  end
end

--- Returns a channel that gets the values, or the pieces of a stream of bytes, and is closed at the end.
function methods.channel(stream, size)
  local own = check(stream, 'channel')
  local channel = given.channel(size or 0)
  dispatcher.spawn(function()
    for value in methods.each(stream) do
      given.send(channel, value)
    end
    given.close(channel)
  end)
  return channel, own and nil
end

--- Closes the stream: its writer is told.
function methods.close(stream)
  local own = streams[stream]
  if not own then error('stream:close is called on a ' .. type(stream) .. ', write stream:close()', 2) end
  if own.shared then ends.drop(own.shared) end
  own.shared = nil
end

STREAM.__metatable = 'stream'
STREAM.__index = function(_, name)
  local method = methods[name]
  if method then return method end
  local names = {}
  for known in next, methods do
    names[#names + 1] = known
  end
  error("a stream has no method '" .. tostring(name) .. "'" .. nearest.hint(name, names), 2)
end
STREAM.__newindex = function() error("a stream can't be changed", 2) end
STREAM.__tostring = function(stream)
  local own = streams[stream]
  return own and own.shared and own.shared.key or 'stream (closed)'
end

local collected = {} -- what nobody holds any more: a finalizer must not wake anybody

--- Closes streams that nobody holds any more.
function M.drain()
  while collected[1] do
    local own = table.remove(collected)
    if own.shared then ends.drop(own.shared) end
    own.shared = nil
  end
end

--- Gives a script what a guest gives.
---@param shared Shared
---@param state table
---@return any
function M.from_guest(shared, state)
  if collected[1] then M.drain() end
  state.shared[shared] = true
  if shared.kind == 'future' then
    local future, complete = given.future(function()
      ends.cancel(shared)
      ends.drop(shared)
    end)
    local buffer = sink(1, false)
    ends.copy(shared, 'read', NOBODY, buffer, function() end, function(result)
      if result == COMPLETED then
        complete(buffer.pieces[1])
        return
      end
      complete(nil, errors.make { message = 'the guest has dropped the future without a value', kind = errors.kinds.CANCELED })
    end)
    shared.lost = function(report) complete(nil, errors.make { message = report.reason, kind = errors.kinds.INTERNAL }) end
    return future
  end
  local proxy = newproxy(true)
  local meta = getmetatable(proxy)
  for name, value in pairs(STREAM) do
    meta[name] = value
  end
  local own = { shared = shared, state = state, is_bytes = shared.element ~= nil and shared.element.kind == 'u8', rest = nil }
  meta.__gc = function()
    if own.shared then collected[#collected + 1] = own end
  end
  streams[proxy] = own
  return proxy
end

--- Makes a future for a guest, and what completes it with a value.
---@return table future
---@return fun(value: any) complete
function M.future()
  local future, complete = given.future(function() end)
  return future, complete
end

--- Has f(value, problem) called when a future that a guest has given is complete.
---@param future table
---@param f fun(value: any, problem: any)
function M.watch(future, f) given.watch(future, f) end

local U8 = { kind = 'u8' }

--- Makes a stream of bytes for a guest of what next_piece() gives, until nil; it may wait. closed() is called when either end is gone.
---@param state table
---@param next_piece fun(): string?
---@param closed fun()
---@return any
function M.fed(state, next_piece, closed)
  local shared = ends.new('stream', U8)
  shared.key = 'stream<u8>'
  feed(shared, next_piece, { element = U8, name = shared.key })
  local stop = shared.on_drop
  function shared.on_drop()
    stop()
    closed()
  end
  return M.from_guest(shared, state)
end

--- Tells what a read of a stream would come to: 'over', 'ready', or 'waiting'.
---@param stream any
---@return string
function M.look(stream)
  local own, shared = streams[stream], streams[stream].shared
  if own.rest or shared and shared.failed then return 'ready' end
  if not shared or shared.dropped then return 'over' end
  local pending = shared.pending
  if pending and pending.side == 'write' and pending.buffer.length > pending.buffer.progress then return 'ready' end
  return 'waiting'
end

handles.setup(ends, M)

return M
