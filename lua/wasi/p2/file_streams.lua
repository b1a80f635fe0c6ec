-- Streams of files, as lua/wasi/p2/streams.lua takes them: each holds its file and has a place in it of its own.

local ffi = require 'ffi'
local contents = require 'lua.wasi.files.contents'
local numbers = require 'lua.wasi.files.numbers'
local opening = require 'lua.wasi.files.open'
local signal = require 'lua.wasi.signal'
local system = require 'lua.wasi.files.system'

local E = system.E

local M = {}

local scratch -- where what is read lies until the guest has made room for it

--- Reads up to `size` bytes: as contents.read, with the bytes in place of their number.
function M.read(instance, file, size, offset)
  scratch = scratch or ffi.new('uint8_t[?]', contents.MOST)
  local count, why, job = contents.read(instance, file, scratch, size, offset)
  if count then return ffi.string(scratch, count) end
  return nil, why, job
end

local function failed(errno) return { reason = numbers.words(errno), failure = { errno = errno } } end

--- An input-stream from an offset on.
function M.input(instance, file, offset)
  opening.hold(file)
  local job
  local source = signal(function() return not job or job.answer ~= nil end)
  function source.take(most)
    local given, why
    if job then
      if job.answer == nil then return '' end
      given, why = job.answer, job.answer.errno
      if type(given) ~= 'string' then given = nil end
      -- It was asked for as many as somebody wanted then.
      if given and #given > most then
        job.answer = given:sub(most + 1)
        given = given:sub(1, most)
      else
        job = nil
      end
    else
      given, why, job = M.read(instance, file, most, offset)
      if job then
        job.source.watch(nil, nil, source.notify)
        return ''
      end
    end
    if not given then return nil, failed(why) end
    if given == '' and most > 0 then return nil end
    offset = offset + #given
    return given
  end
  function source.close() opening.release(file) end
  return { kind = 'input-stream', source = source }
end

--- An output-stream from an offset on, or one that writes at the end.
function M.output(instance, file, offset, append)
  opening.hold(file)
  local job, problem
  local sink = {}
  -- Takes what a job has come to, if it has.
  local function settle()
    if not job or not job.answer then return end
    local answer, wanted = job.answer, job.size
    job = nil
    if answer.errno or answer.count < wanted then problem = failed(answer.errno or E.NOSPC) end
    offset = offset + (answer.count or 0)
  end
  local source = signal(function()
    settle()
    return not job
  end)
  sink.source, sink.pending = source, { sources = { source } }
  function sink.write_from(from, size)
    settle()
    if problem then return end
    local count, why
    count, why, job = contents.write(instance, file, from, size, offset, append)
    if job then
      job.size = size
      job.source.watch(nil, nil, source.notify)
      return
    end
    offset = offset + (count or 0)
    if not count or count < size then problem = failed(why or E.NOSPC) end
  end
  function sink.write(text) sink.write_from(text, #text) end
  function sink.room()
    settle()
    return job and 0 or contents.NEAR
  end
  function sink.failure()
    settle()
    return problem
  end
  function sink.drained()
    settle()
    return not job
  end
  function sink.flush() end
  function sink.close() opening.release(file) end
  return { kind = 'output-stream', sink = sink }
end

return M
