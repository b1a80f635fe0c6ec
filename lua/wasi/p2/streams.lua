-- wasi:io/streams for the standard streams, and wasi:io/error. Output goes where lua/guest/printing.lua keeps it for the lane; without the
-- grant it goes nowhere, and there is nothing to read.
--
-- An input stream is {kind = 'input-stream', source = source or nil}: a source has ready(), watch() (lua/wasi/p2/poll.lua) and
-- take(most), which gives bytes, "" for none yet, or nil at the end and nil and {reason =, ...} after a failure. An output stream is {kind
-- = 'output-stream', name = 'stdout', 'stderr' or nil}, or has a sink in place of the name: write(text), room(), failure(), flush(), which
-- begins to pass on, and what a guest waits for: `pending` until all is passed on, the source `source` until there is room. It may have
-- write_from(address, size), which copies nothing, and drained(), which tells whether all is passed on.

local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local objects = require 'lua.guest.objects'
local poll = require 'lua.wasi.p2.poll'
local printing = require 'lua.guest.printing'
local protocol = require 'lua.guest.protocol'

-- What a guest may write at once, in bytes.
local ROOM = printing.ROOM
-- How much is read at once.
local MOST_READ = 64 * 1024

-- result<..., stream-error>: stream-error is a variant of last-operation-failed(own<error>) and closed.
local function put_ok(instance, ret) memory.put8(instance, ret, 0) end
local function put_closed(instance, ret, at)
  memory.put8(instance, ret, 1)
  memory.put8(instance, ret + at, 1)
end
-- `why` is the reason, or {reason =, failure = what wasi:http's http-error-code tells of it, network = what network-error-code does}, or
-- {closed = true} for a stream that was ended.
local function put_failed(instance, ret, at, why)
  if type(why) ~= 'table' then why = { reason = why } end
  if why.closed then return put_closed(instance, ret, at) end
  memory.put8(instance, ret, 1)
  memory.put8(instance, ret + at, 0)
  memory.put32(
    instance,
    ret + at + 4,
    objects.hand(instance, { kind = 'error', reason = why.reason, failure = why.failure, network = why.network })
  )
end

-- Output -------------------------------------------------------------------------------------------------------------

local function write_text(stream, instance, text)
  local sink = stream.sink
  if sink then
    sink.write(text)
  elseif stream.name then
    printing.print(instance, stream.name, text)
  end
end

local function write(instance, stream, at, size)
  local sink = stream.sink
  if sink and sink.write_from then return sink.write_from(memory.at(instance, at, size), size) end
  write_text(stream, instance, memory.bytes(instance, at, size))
end

local function failure_of(instance, stream)
  if stream.sink then return stream.sink.failure() end
  return printing.failure(instance, stream.name)
end

-- Says how a stream is after what was done with it.
local function tell(instance, stream, ret)
  local failed = failure_of(instance, stream)
  if failed then return put_failed(instance, ret, 4, failed) end
  put_ok(instance, ret)
end

-- The same, once what was written is passed on, or is not too much to keep.
local function wait_and_tell(instance, io, stream, ret)
  local sink = stream.sink
  local function done(_, out)
    tell(instance, stream, ret)
    return protocol.finish(out)
  end
  if sink and not (sink.drained and sink.drained()) then return protocol.wait(instance, io, sink.pending, done) end
  if not sink and printing.is_full(instance, stream.name) then return protocol.wait(instance, io, printing.soon, done) end
  return done(instance, io)
end

-- Writes, and waits until the lane has passed on what is too much to keep.
local function write_and_flush(instance, io)
  local stream, at, size, ret = objects.object(instance, io[0].u32, 'output-stream'), io[1].u32, io[2].u32, io[3].u32
  memory.at(instance, ret, 12, 4)
  if size > ROOM then return ('the guest writes %d bytes at once; at most %d are taken'):format(size, ROOM) end
  write(instance, stream, at, size)
  return wait_and_tell(instance, io, stream, ret)
end

local function flush(instance, io, ret)
  local stream = objects.object(instance, io[0].u32, 'output-stream')
  if stream.sink then stream.sink.flush() end
  tell(instance, stream, ret)
end

local function blocking_flush(instance, io)
  local stream, ret = objects.object(instance, io[0].u32, 'output-stream'), io[1].u32
  memory.at(instance, ret, 12, 4)
  if not stream.sink then
    tell(instance, stream, ret)
    return protocol.finish(io)
  end
  return wait_and_tell(instance, io, stream, ret)
end

local function room(instance, stream)
  if stream.sink then return stream.sink.room() end
  if not stream.name then return ROOM end
  return printing.room(instance, stream.name)
end

local zeroes = ('\0'):rep(4096)

local function write_zeroes(instance, io)
  local stream, size, ret = objects.object(instance, io[0].u32, 'output-stream'), tonumber(io[1].u64), io[2].u32
  memory.at(instance, ret, 12, 4)
  if size > ROOM then return ('the guest writes %d zeroes at once; at most %d are taken'):format(size, ROOM) end
  local text = (stream.sink or stream.name) and zeroes:rep(math.ceil(size / #zeroes)):sub(1, size)
  if stream.sink then
    stream.sink.write(text)
  elseif stream.name then
    printing.print(instance, stream.name, text)
  end
  put_ok(instance, ret)
end

-- Input --------------------------------------------------------------------------------------------------------------

-- Reads up to `most` bytes and hands them to done(text or nil at the end, io, why it failed); may wait for some when `blocking`.
local function read(instance, io, stream, most, blocking, done)
  local source = stream.source
  local text, why = nil, nil
  if source then
    text, why = source.take(most)
  end
  if text == '' and blocking and most > 0 then
    stream.pending = stream.pending or { sources = { source } }
    return protocol.wait(instance, io, stream.pending, function(_, out) return read(instance, out, stream, most, blocking, done) end)
  end
  return done(text, io, why)
end

local function reader(blocking)
  return function(instance, io)
    local stream, most, ret = objects.object(instance, io[0].u32, 'input-stream'), math.min(tonumber(io[1].u64), MOST_READ), io[2].u32
    memory.at(instance, ret, 12, 4)
    return read(instance, io, stream, most, blocking, function(text, out, why)
      if not text then
        if why then
          put_failed(instance, ret, 4, why)
        else
          put_closed(instance, ret, 4)
        end
        return protocol.finish(out)
      end
      return memory.allocate(instance, out, {
        { size = #text, align = 1 },
        done = function(_, asked)
          put_ok(instance, ret)
          memory.put_bytes(instance, ret + 4, asked[1], text)
        end,
      })
    end)
  end
end

local function skipper(blocking)
  return function(instance, io)
    local stream, most, ret = objects.object(instance, io[0].u32, 'input-stream'), math.min(tonumber(io[1].u64), MOST_READ), io[2].u32
    memory.at(instance, ret, 16, 8)
    return read(instance, io, stream, most, blocking, function(text, out, why)
      if text then
        put_ok(instance, ret)
        memory.put64(instance, ret + 8, #text)
      elseif why then
        put_failed(instance, ret, 8, why)
      else
        put_closed(instance, ret, 8)
      end
      return protocol.finish(out)
    end)
  end
end

-- Passes on what is read of one stream to another, as much as that takes.
local function splicer(blocking)
  return function(instance, io)
    local stream, from = objects.object(instance, io[0].u32, 'output-stream'), objects.object(instance, io[1].u32, 'input-stream')
    local most, ret = math.min(tonumber(io[2].u64), MOST_READ), io[3].u32
    memory.at(instance, ret, 16, 8)
    local function pass(text, out, why)
      local failed = why or text and failure_of(instance, stream)
      if failed then
        put_failed(instance, ret, 8, failed)
      elseif not text then
        put_closed(instance, ret, 8)
      else
        write_text(stream, instance, text)
        put_ok(instance, ret)
        memory.put64(instance, ret + 8, #text)
      end
      return protocol.finish(out)
    end
    local function begin(_, out)
      if failure_of(instance, stream) then return pass('', out) end
      return read(instance, out, from, math.min(most, room(instance, stream)), blocking, pass)
    end
    if blocking and stream.sink and room(instance, stream) == 0 then
      return protocol.wait(instance, io, { sources = { stream.sink.source } }, begin)
    end
    return begin(instance, io)
  end
end

-- Drops a stream, and closes what it reads or writes.
local function dropper(kind, what)
  return function(instance, io)
    local stream = objects.object(instance, io[0].u32, kind)
    objects.drop(instance, io[0].u32, kind)
    local own = stream[what]
    if own and own.close then own.close() end
  end
end

linking.provide('wasi:io/streams', {
  ['[method]input-stream.read'] = reader(false),
  ['[method]input-stream.blocking-read'] = reader(true),
  ['[method]input-stream.skip'] = skipper(false),
  ['[method]input-stream.blocking-skip'] = skipper(true),
  ['[method]input-stream.subscribe'] = function(instance, io)
    local stream = objects.object(instance, io[0].u32, 'input-stream')
    io[0].u64 = poll.of_source(instance, stream.source or poll.always, stream)
  end,
  ['[resource-drop]input-stream'] = dropper('input-stream', 'source'),
  ['[method]output-stream.check-write'] = function(instance, io)
    local stream, ret = objects.object(instance, io[0].u32, 'output-stream'), io[1].u32
    memory.at(instance, ret, 16, 8)
    local failed = failure_of(instance, stream)
    if failed then return put_failed(instance, ret, 8, failed) end
    put_ok(instance, ret)
    memory.put64(instance, ret + 8, room(instance, stream))
  end,
  ['[method]output-stream.write'] = function(instance, io)
    local stream, at, size, ret = objects.object(instance, io[0].u32, 'output-stream'), io[1].u32, io[2].u32, io[3].u32
    memory.at(instance, ret, 12, 4)
    local failed = stream.sink and stream.sink.failure()
    if failed then return put_failed(instance, ret, 4, failed) end
    if size > room(instance, stream) then
      return ('the guest writes %d bytes at once; check-write allows %d'):format(size, room(instance, stream))
    end
    write(instance, stream, at, size)
    put_ok(instance, ret)
  end,
  ['[method]output-stream.blocking-write-and-flush'] = write_and_flush,
  ['[method]output-stream.flush'] = function(instance, io) return flush(instance, io, io[1].u32) end,
  ['[method]output-stream.blocking-flush'] = blocking_flush,
  ['[method]output-stream.write-zeroes'] = function(instance, io)
    local stream, size, ret = objects.object(instance, io[0].u32, 'output-stream'), tonumber(io[1].u64), io[2].u32
    memory.at(instance, ret, 12, 4)
    local failed = stream.sink and stream.sink.failure()
    if failed then return put_failed(instance, ret, 4, failed) end
    if size > room(instance, stream) then
      return ('the guest writes %d zeroes at once; check-write allows %d'):format(size, room(instance, stream))
    end
    return write_zeroes(instance, io)
  end,
  ['[method]output-stream.blocking-write-zeroes-and-flush'] = function(instance, io)
    local stream, ret = objects.object(instance, io[0].u32, 'output-stream'), io[2].u32
    local reason = write_zeroes(instance, io)
    if reason then return reason end
    return wait_and_tell(instance, io, stream, ret)
  end,
  ['[method]output-stream.splice'] = splicer(false),
  ['[method]output-stream.blocking-splice'] = splicer(true),
  ['[method]output-stream.subscribe'] = function(instance, io)
    local stream = objects.object(instance, io[0].u32, 'output-stream')
    if stream.sink then
      io[0].u64 = poll.of_source(instance, stream.sink.source, stream)
    elseif not stream.name then
      io[0].u64 = poll.of_source(instance, poll.always, stream)
    else
      stream.source = stream.source
        or {
          ready = function() return room(instance, stream) > 0 end,
          -- The lane passes on what was written before it waits.
          watch = function(task, generation, wake)
            wake(task, generation)
            return function() end
          end,
        }
      io[0].u64 = poll.of_source(instance, stream.source, stream)
    end
  end,
  ['[resource-drop]output-stream'] = dropper('output-stream', 'sink'),
})

linking.provide('wasi:io/error', {
  ['[method]error.to-debug-string'] = function(instance, io)
    local reason, ret = objects.object(instance, io[0].u32, 'error').reason, io[1].u32
    memory.at(instance, ret, 8, 4)
    return memory.allocate(instance, io, {
      { size = #reason, align = 1 },
      done = function(_, asked) memory.put_bytes(instance, ret, asked[1], reason) end,
    })
  end,
  ['[resource-drop]error'] = function(instance, io) objects.drop(instance, io[0].u32, 'error') end,
})
