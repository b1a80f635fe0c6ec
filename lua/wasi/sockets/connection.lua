-- The two directions of a connection: what the input stream reads from (a source) and the output stream writes to (a sink), as
-- lua/wasi/p2/streams.lua takes them.
--
-- What is written goes to the system at once; what that does not take is kept, up to ROOM, and sent when there is room, also when nobody
-- waits and after the guest has dropped the connection.

local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'
local descriptors = require 'lua.dispatcher.descriptors'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.wasi.sockets.errors'
local system = require 'lua.wasi.sockets.system'

local C, min, tonumber = ffi.C, math.min, tonumber
local READABLE, WRITABLE = descriptors.READABLE, descriptors.WRITABLE

local M = {}

-- How much may be written at once where nothing is kept, and how much is read at once, in bytes.
local ROOM, MOST_READ = 256 * 1024, 64 * 1024
-- The same where the lane keeps MUCH already: what its guests make it keep has a bound, however many connections they have.
local SMALL_ROOM, MUCH = 16 * 1024, 64 * 1024 * 1024
-- How long what was written is sent after the connection was dropped, in nanoseconds.
local LINGER = 10e9
-- A write to a connection that has ended must not end the process.
local NO_SIGNAL = 0x4000
local RECEIVE, SEND = 0, 1

local CLOSED = { closed = true }

local kept = 0 -- by all connections of the lane

local function set_kept(self, size)
  kept = kept + size - self.kept
  self.kept = size
end

local buffer = ffi.new('uint8_t[?]', MOST_READ)

-- Input ----------------------------------------------------------------------------------------------------------------

local function source_of(self)
  local watched = self.watched
  local source = {}
  function source.ready() return self.deaf or not watched.descriptor or descriptors.now(watched.descriptor, READABLE) ~= 0 end
  function source.watch(task, generation, wake) return descriptors.watch(watched, source.ready, task, generation, wake) end
  function source.take(most)
    if self.deaf or not watched.descriptor then return nil end
    if most == 0 then return '' end
    local got = tonumber(C.recv(watched.descriptor, buffer, min(most, MOST_READ), 0))
    if got > 0 then return ffi.string(buffer, got) end
    local number = got < 0 and ffi.errno()
    if number == errors.AGAIN or number == errors.INTERRUPTED then return '' end
    self.deaf = true
    if number then return nil, errors.failure_of(number) end
    return nil
  end
  return source
end

-- Output ---------------------------------------------------------------------------------------------------------------

local function fail(self, number)
  self.failed = number == errors.BROKEN_PIPE and CLOSED or errors.failure_of(number)
  self.pieces = {}
  set_kept(self, 0)
end

-- Connections that were dropped before all was sent, with the timers that end them.
local lingering = {}

-- Ends the output's side once everything is sent.
local function finish(self)
  descriptors.follow(self.watched, nil)
  if self.ending and not self.ended then
    self.ended = true
    C.shutdown(self.watched.descriptor, SEND)
  end
  if not self.left then return end
  if lingering[self] then
    dispatcher.cancel_timer(lingering[self])
    lingering[self] = nil
  end
  system.close(self.watched)
end

-- Gives the system some bytes; gives how many it took, and nil where the connection has failed.
local function give(self, from, size)
  local sent = tonumber(C.send(self.watched.descriptor, from, size, NO_SIGNAL))
  if sent >= 0 then return sent end
  local number = ffi.errno()
  if number == errors.AGAIN or number == errors.INTERRUPTED then return 0 end
  fail(self, number)
  return nil
end

-- Sends what is kept, as far as the system takes it.
local function push(self)
  while self.kept > 0 and self.watched.descriptor do
    local piece = self.pieces[self.first]
    local rest = #piece - self.done
    local sent = give(self, ffi.cast('const uint8_t *', piece) + self.done, rest)
    if not sent then break end
    set_kept(self, self.kept - sent)
    if sent < rest then
      self.done = self.done + sent
      return
    end
    self.pieces[self.first] = nil
    self.first, self.done = self.first + 1, 0
  end
  if self.watched.descriptor then finish(self) end
end

local function keep(self, text)
  if self.kept == 0 then
    self.pieces, self.first, self.last, self.done = {}, 1, 0, 0
    descriptors.follow(self.watched, function() push(self) end)
  end
  self.last = self.last + 1
  self.pieces[self.last] = text
  set_kept(self, self.kept + #text)
end

-- Sends bytes, and keeps what the system does not take yet.
local function write(self, from, size)
  if self.failed or size == 0 then return end
  local sent = 0
  if self.kept == 0 then
    sent = give(self, from, size)
    if not sent then return end
  end
  if sent < size then keep(self, ffi.string(from + sent, size - sent)) end
end

local function sink_of(self)
  local watched = self.watched
  local function is_over() return self.failed ~= nil or not watched.descriptor end
  local room = {}
  function room.ready()
    if is_over() then return true end
    if self.kept > 0 then push(self) end
    return self.kept == 0 and descriptors.now(watched.descriptor, WRITABLE) ~= 0 or self.failed ~= nil
  end
  function room.watch(task, generation, wake) return descriptors.watch(watched, room.ready, task, generation, wake) end
  local drained = {}
  function drained.ready()
    if self.kept > 0 and not is_over() then push(self) end
    return self.kept == 0 or is_over()
  end
  function drained.watch(task, generation, wake) return descriptors.watch(watched, drained.ready, task, generation, wake) end
  local sink = { source = room, pending = { sources = { drained } }, drained = drained.ready }
  function sink.write(text) write(self, ffi.cast('const uint8_t *', text), #text) end
  function sink.write_from(from, size) write(self, from, size) end
  function sink.room()
    if not room.ready() or is_over() then return 0 end
    return kept < MUCH and ROOM or SMALL_ROOM
  end
  function sink.flush() end
  -- Why nothing more can be written. A failure is reported once; from then on the stream is closed.
  function sink.failure()
    local failed = self.failed
    if failed and failed ~= CLOSED then self.failed = CLOSED end
    return failed or not watched.descriptor and CLOSED or nil
  end
  return sink
end

--- Makes what a connected socket is read from and written to.
function M.new(watched)
  local self = { watched = watched, deaf = false, failed = nil, pieces = {}, kept = 0, ending = false, ended = false, left = false }
  self.source, self.sink = source_of(self), sink_of(self)
  return self
end

--- Reads nothing more, not even what has arrived.
function M.end_input(self)
  if not self.deaf and self.watched.descriptor then C.shutdown(self.watched.descriptor, RECEIVE) end
  self.deaf = true
end

--- Takes nothing more; what was written is sent, and then the other side learns that this was all.
function M.end_output(self)
  self.failed = self.failed or CLOSED
  self.ending = true
  if self.watched.descriptor and self.kept == 0 then finish(self) end
end

local function give_up(self)
  set_kept(self, 0)
  finish(self)
end

--- Ends a connection that its guest has dropped, once what it has written is sent.
function M.close(self)
  self.deaf, self.left = true, true
  if not self.watched.descriptor then return end
  if self.kept == 0 then return system.close(self.watched) end
  lingering[self] = dispatcher.background_timer(clock.monotonic() + LINGER, give_up, self)
end

--- How many there are that were dropped before all was sent.
function M.lingering()
  local count = 0
  for _ in pairs(lingering) do
    count = count + 1
  end
  return count
end

--- Ends all of those, at the end of the lane.
function M.close_all()
  for self in pairs(lingering) do
    give_up(self)
  end
end

return M
