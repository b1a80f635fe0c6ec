-- The standard streams of the process as a program has them (lua/wasi/p1, lua/wasi/p2): it reads what comes while it comes, and what it
-- writes is written at once. There is one set of them in a process, for the one program that runs.
--
-- A stream belongs to others too: its terminal or pipe may be the shell's, so it can't be made nonblocking. Pipes and sockets take
-- calls that do not wait; of a terminal, and on kernels before 6.4, poll says first whether there is something, or room. What a full pipe
-- does not take is kept, and written when there is room; its program waits.

local ffi = require 'ffi'
local descriptors = require 'lua.dispatcher.descriptors'
local dispatcher = require 'lua.dispatcher.dispatcher'
local numbers = require 'lua.wasi.files.numbers'
local system = require 'lua.wasi.files.system'

ffi.cdef [[
int isatty(int descriptor);
void *mw_signal(int number, void *handler) __asm__("signal");
int mw_send_signal(int process, int number) __asm__("kill");
int getpid(void);
]]

local C, min = ffi.C, math.min
local E = system.E

local M = {}

-- What a program may write by wasi:io before it asks again, and what it reads there at once, in bytes.
local ROOM, MOST_READ = 64 * 1024, 64 * 1024
-- What a pipe or a terminal that has room takes without a wait, in bytes: PIPE_BUF.
local SURE = 4096
-- From wherever the stream is.
local HERE = -1
local BROKEN_PIPE = 13

-- How a stream can be asked not to wait. Files, and devices that are not terminals, never keep anybody waiting for long.
local function how_of(descriptor)
  local status = system.status(descriptor)
  local kind = status and system.kind(status.mode)
  if kind == 'fifo' or kind == 'socket' then return 'nowait' end
  return C.isatty(descriptor) == 1 and 'polled' or 'plain'
end

-- The kernel, or what the stream is, knows no calls that do not wait.
local function is_unknown(errno) return errno == E.NOTSUP or errno == E.INVAL or errno == E.NOSYS end

-- Input ----------------------------------------------------------------------------------------------------------------

local function input(descriptor)
  local watched, how, buffer, part = descriptors.new(descriptor), how_of(descriptor), nil, ffi.new 'mw_part'
  local source = {}

  function source.ready() return how == 'plain' or descriptors.now(descriptor, descriptors.READABLE) ~= 0 end
  function source.watch(task, generation, wake) return descriptors.watch(watched, source.ready, task, generation, wake) end

  --- Reads into `count` parts of memory, a mw_part[]: gives how many bytes, 0 at the end; or nil and an error of the system, AGAIN when
  -- there are none yet.
  function source.read(parts, count)
    if how == 'nowait' then
      local size, errno = system.scatter(descriptor, parts, count, system.NOWAIT)
      if size or not is_unknown(errno) then return size, errno end
      how = 'polled'
    end
    if not source.ready() then return nil, E.AGAIN end
    return system.scatter(descriptor, parts, count, 0)
  end

  function source.take(most)
    if most == 0 then return '' end
    buffer = buffer or ffi.new('uint8_t[?]', MOST_READ)
    part.base, part.size = buffer, min(most, MOST_READ)
    local count, errno = source.read(part, 1)
    if errno == E.AGAIN then return '' end
    if not count then return nil, { reason = numbers.words(errno) } end
    if count > 0 then return ffi.string(buffer, count) end
    return nil
  end

  source.pending = { sources = { source } }
  return source
end

-- Output ---------------------------------------------------------------------------------------------------------------

-- Ends the process as the system ends one that writes to a pipe that nobody reads any more. Python ignores that signal.
local function end_by_signal()
  C.mw_signal(BROKEN_PIPE, nil)
  C.mw_send_signal(C.getpid(), BROKEN_PIPE)
end

--- A standard stream that is written to.
---@class ConsoleOutput
---@field descriptor integer
---@field watched Watched
---@field how "nowait"|"polled"|"plain"
---@field kept string what the system has not taken yet
---@field errno integer? the error of the last write, until it is reported

-- Has the system take some bytes without a wait; gives how many, 0 where there is no room, or nil and an error.
local function give(self, from, size)
  if self.how == 'nowait' then
    local count, errno = system.write(self.descriptor, from, size, HERE, system.NOWAIT)
    if count or not is_unknown(errno) then return count, errno end
    self.how = 'polled'
  end
  if self.how == 'polled' then
    if descriptors.now(self.descriptor, descriptors.WRITABLE) == 0 then return 0 end
    size = min(size, SURE)
  end
  return system.write(self.descriptor, from, size, HERE, 0)
end

-- Writes as much as the system takes; gives how much that was.
local function pass_on(self, from, size)
  local written = 0
  while written < size do
    local count, errno = give(self, from + written, size - written)
    if not count and errno ~= E.AGAIN then
      if errno == E.PIPE then end_by_signal() end
      self.errno = errno
      return size
    end
    if not count or count == 0 then break end
    written = written + count
  end
  return written
end

-- Writes what is kept.
local function push(self)
  if self.kept == '' then return end
  local written = pass_on(self, ffi.cast('const uint8_t *', self.kept), #self.kept)
  self.kept = self.kept:sub(written + 1)
  if self.kept == '' then descriptors.follow(self.watched, nil) end
end

local function write(self, from, size)
  push(self)
  local written = self.kept == '' and pass_on(self, from, size) or 0
  if written == size then return end
  self.kept = self.kept .. ffi.string(from + written, size - written)
  descriptors.follow(self.watched, function() push(self) end)
end

local function source_when(self, ready)
  return {
    ready = ready,
    watch = function(task, generation, wake) return descriptors.watch(self.watched, ready, task, generation, wake) end,
  }
end

local function output(descriptor)
  ---@type ConsoleOutput
  local self = { descriptor = descriptor, watched = descriptors.new(descriptor), how = how_of(descriptor), kept = '', errno = nil }

  local function drained()
    push(self)
    return self.kept == ''
  end
  local function has_room()
    if not drained() then return false end
    return self.how == 'plain' or descriptors.now(descriptor, descriptors.WRITABLE) ~= 0
  end

  local sink = { source = source_when(self, has_room), pending = { sources = { source_when(self, drained) } }, drained = drained }
  function sink.write(text) write(self, ffi.cast('const uint8_t *', text), #text) end
  function sink.write_from(from, size) write(self, from, size) end
  function sink.room() return has_room() and ROOM or 0 end
  function sink.flush() push(self) end
  --- Gives the system's error of the last write, once.
  function sink.errno()
    local errno = self.errno
    self.errno = nil
    return errno
  end
  function sink.failure()
    local errno = sink.errno()
    return errno and { reason = numbers.words(errno) }
  end
  return sink
end

-- The streams -----------------------------------------------------------------------------------------------------------

local streams ---@type table<string, table>

--- Gives the standard streams: sources and sinks (lua/wasi/p2/streams.lua) by their names.
function M.open()
  streams = streams or { stdin = input(0), stdout = output(1), stderr = output(2) }
  return streams
end

--- Waits until all is written, until `limit` (monotonic nanoseconds, nil: none) at most.
---@param limit number?
function M.drain(limit)
  for _, name in ipairs { 'stdout', 'stderr' } do
    local sink = streams[name]
    while not sink.drained() do
      local task, generation = dispatcher.ticket()
      if not task then return end
      local stop = sink.pending.sources[1].watch(task, generation, dispatcher.wake)
      local problem = dispatcher.wait_until(limit, 'run')
      stop()
      if problem then return end
    end
  end
end

return M
