-- Reading and writing by WASI 0.1: files, and the standard streams. Source: wasi_snapshot_preview1.witx.

local ffi = require 'ffi'
local contents = require 'lua.wasi.files.contents'
local descriptors = require 'lua.wasi.p1.descriptors'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local numbers = require 'lua.wasi.files.numbers'
local printing = require 'lua.guest.printing'
local protocol = require 'lua.guest.protocol'
local results = require 'lua.wasi.p1.results'
local stdin = require 'lua.wasi.stdin'
local system = require 'lua.wasi.files.system'

local finish = results.finish
local SUCCESS, BADF, IO = results.SUCCESS, results.BADF, results.IO
local AGAIN = system.E.AGAIN

-- How much is taken at once, in bytes. Buffers may name the same memory many times, so its size is not a bound.
local MOST = contents.MOST

-- The standard streams -----------------------------------------------------------------------------------------------

-- Ends a write of so many bytes.
local function passed_on(instance, io, sink, ret, written)
  local errno = sink.errno()
  if errno then return finish(instance, io, numbers.errno(errno)) end
  memory.put32(instance, ret, written)
  return finish(instance, io, SUCCESS)
end

-- Writes to a standard stream that a program has for itself.
local function pass_on(instance, io, sink)
  local ret, written, many = io[3].u32, 0, io[2].u32
  local list = results.list(instance, io[1].u32, many)
  for i = 0, many - 1 do
    local size = list[2 * i + 1]
    local from = memory.at(instance, list[2 * i], size)
    if size > MOST - written then size = MOST - written end
    if size > 0 then sink.write_from(from, size) end
    written = written + size
  end
  if sink.drained() then return passed_on(instance, io, sink, ret, written) end
  return protocol.wait(instance, io, sink.pending, function(_, out) return passed_on(instance, out, sink, ret, written) end)
end

local function print(instance, io, name)
  local ret, console = io[3].u32, instance.plan.console
  if name == 'stdin' then return finish(instance, io, BADF) end
  if console then return pass_on(instance, io, console[name]) end
  local written = 0
  for _, part in ipairs(results.vectors(instance, io[1].u32, io[2].u32)) do
    -- Of much, some is taken: the guest writes the rest when that was passed on.
    local size = math.min(part[2], MOST - written)
    printing.print(instance, name, memory.bytes(instance, part[1], size))
    written = written + size
  end
  memory.put32(instance, ret, written)
  local function done(_, out) return finish(instance, out, printing.failure(instance, name) and IO or SUCCESS) end
  if printing.is_full(instance, name) then return protocol.wait(instance, io, printing.soon, done) end
  return done(instance, io)
end

-- Puts bytes where a guest has room for them.
local function scatter(instance, parts, text)
  local from = 1
  for _, part in ipairs(parts) do
    local size = math.min(part[2], #text - from + 1)
    if size > 0 then ffi.copy(memory.at(instance, part[1], size), ffi.cast('const char *', text) + from - 1, size) end
    from = from + size
  end
end

local function room_of(parts)
  local room = 0
  for _, part in ipairs(parts) do
    room = room + part[2]
  end
  return room
end

local MOST_PARTS = 16
local into = ffi.new('mw_part[?]', MOST_PARTS)

-- Reads into some of the buffers of a guest, a list at `at`, what a source has; gives how many bytes, or nil and an error of the system.
local function fill(instance, at, many, source)
  local count, room, list = 0, 0, results.list(instance, at, many)
  for i = 0, many - 1 do
    local size = list[2 * i + 1]
    local base = memory.at(instance, list[2 * i], size)
    if size > MOST - room then size = MOST - room end
    if size > 0 and count < MOST_PARTS then
      into[count].base, into[count].size = base, size
      count, room = count + 1, room + size
    end
  end
  if count == 0 then return 0 end
  return source.read(into, count)
end

-- Ends a read of standard input that need not wait.
local function received(instance, io, ret, size, errno)
  if not size then return finish(instance, io, numbers.errno(errno)) end
  memory.put32(instance, ret, size)
  return finish(instance, io, SUCCESS)
end

-- Reads from the standard input that a program has for itself.
local function receive(instance, io, source)
  local at, many, ret = io[1].u32, io[2].u32, io[3].u32
  local size, errno = fill(instance, at, many, source)
  if errno ~= AGAIN then return received(instance, io, ret, size, errno) end
  local function again(_, out)
    size, errno = fill(instance, at, many, source)
    if errno == AGAIN then return protocol.wait(instance, out, source.pending, instance.after) end
    return received(instance, out, ret, size, errno)
  end
  return protocol.wait(instance, io, source.pending, again)
end

local function listen(instance, io, name)
  local ret, console = io[3].u32, instance.plan.console
  if name ~= 'stdin' then return finish(instance, io, BADF) end
  if console then return receive(instance, io, console.stdin) end
  local parts = results.vectors(instance, io[1].u32, io[2].u32)
  local room, pending = room_of(parts), { sources = { stdin.source } }
  local function take(_, out)
    local text = room > 0 and stdin.source.take(room) or ''
    if text == '' and room > 0 and not stdin.source.ended() then return protocol.wait(instance, out, pending, instance.after) end
    memory.put32(instance, ret, #text)
    scatter(instance, parts, text)
    return finish(instance, out, SUCCESS)
  end
  instance.after = take
  return take(instance, io)
end

-- Files --------------------------------------------------------------------------------------------------------------

-- Reads into the buffers of a guest from a place in a file; done(count) takes how many bytes it was.
local function read(instance, io, file, place, ret, done)
  local parts = results.vectors(instance, io[1].u32, io[2].u32)
  local total, offset = 0, place
  for _, part in ipairs(parts) do
    local size = math.min(part[2], MOST - total)
    if size > 0 then
      local count, why, job = contents.read(instance, file, memory.at(instance, part[1], size), size, offset)
      if job and total == 0 then
        -- What lies in memory was read; for more there is somebody who waits.
        return protocol.wait(instance, io, job.pending, function(_, out)
          local answer = job.answer
          if type(answer) ~= 'string' then return finish(instance, out, numbers.errno(answer.errno)) end
          scatter(instance, parts, answer)
          memory.put32(instance, ret, #answer)
          done(#answer)
          return finish(instance, out, SUCCESS)
        end)
      end
      if not count and total == 0 then return finish(instance, io, numbers.errno(why)) end
      total, offset = total + (count or 0), offset + (count or 0)
      if not count or count < size then break end
    end
  end
  if total == 0 and room_of(parts) == 0 and not file.reads then return finish(instance, io, BADF) end
  memory.put32(instance, ret, total)
  done(total)
  return finish(instance, io, SUCCESS)
end

-- The bytes of the buffers of a guest, one after the other: a pointer or a string, and how many.
local function gather(instance, io)
  local parts = results.vectors(instance, io[1].u32, io[2].u32)
  if #parts == 1 then return memory.at(instance, parts[1][1], parts[1][2]), math.min(parts[1][2], MOST) end
  local texts, total = {}, 0
  for i, part in ipairs(parts) do
    local size = math.min(part[2], MOST - total)
    texts[i] = memory.bytes(instance, part[1], size)
    total = total + size
  end
  return table.concat(texts), total
end

-- Writes the buffers of a guest at a place in a file; done(count) takes how many bytes it was.
local function write(instance, io, file, place, append, ret, done)
  local from, size = gather(instance, io)
  local count, why, job = contents.write(instance, file, from, size, place, append)
  local function ended(_, out)
    if job then
      count, why = job.answer.count, job.answer.errno
    end
    if not count then return finish(instance, out, numbers.errno(why)) end
    memory.put32(instance, ret, count)
    done(count)
    return finish(instance, out, SUCCESS)
  end
  if job then return protocol.wait(instance, io, job.pending, ended) end
  return ended(instance, io)
end

-- A function of the descriptor io[0] whose count goes to io[last]: of_stream(instance, io, name) where it is a standard stream.
local function of_descriptor(last, of_stream, of_file)
  return function(instance, io)
    local number, ret = io[0].u32, io[last].u32
    memory.at(instance, ret, 4, 4)
    local stream = descriptors.stream(instance, number)
    if stream then return of_stream(instance, io, stream) end
    local descriptor, errno = descriptors.file(instance, number)
    if not descriptor then return finish(instance, io, errno) end
    return of_file(instance, io, descriptor, ret)
  end
end

local function not_seekable(instance, io) return finish(instance, io, results.SPIPE) end
local function nothing() end

linking.provide('wasi_snapshot_preview1', {
  fd_read = of_descriptor(3, listen, function(instance, io, descriptor, ret)
    return read(
      instance,
      io,
      descriptor.file,
      descriptor.position,
      ret,
      function(count) descriptor.position = descriptor.position + count end
    )
  end),
  fd_pread = of_descriptor(
    4,
    not_seekable,
    function(instance, io, descriptor, ret) return read(instance, io, descriptor.file, io[3].u64, ret, nothing) end
  ),
  fd_write = of_descriptor(3, print, function(instance, io, descriptor, ret)
    local append = descriptor.file.append
    return write(
      instance,
      io,
      descriptor.file,
      descriptor.position,
      append,
      ret,
      function(count) descriptor.position = append and contents.size(descriptor.file) or descriptor.position + count end
    )
  end),
  fd_pwrite = of_descriptor(
    4,
    not_seekable,
    function(instance, io, descriptor, ret) return write(instance, io, descriptor.file, io[3].u64, false, ret, nothing) end
  ),
})
