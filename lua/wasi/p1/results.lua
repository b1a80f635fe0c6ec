-- How the functions of WASI 0.1 end: each gives an errno, one that may wait last, as lua/guest/protocol.lua says.

local ffi = require 'ffi'
local memory = require 'lua.guest.memory'
local numbers = require 'lua.wasi.files.numbers'
local protocol = require 'lua.guest.protocol'
local text = require 'lua.values.utf8'

local M = {}

M.SUCCESS = 0
M.BADF, M.INVAL, M.IO, M.NAMETOOLONG, M.NOTDIR, M.NOTSOCK, M.NOTSUP, M.SPIPE, M.ILSEQ = 8, 28, 29, 37, 54, 57, 58, 70, 25

--- The errno of what a function of lua/wasi/files gives.
function M.errno(ok, why)
  if ok then return M.SUCCESS end
  return numbers.errno(why)
end

-- The last step of a function that may wait. Not a closure for each call, which LuaJIT does not compile.
local function give(instance, io) io[0].i64 = instance.errno end

--- Ends a function that may wait.
function M.finish(instance, io, errno)
  instance.errno, instance.after = errno, give
  return protocol.finish(io)
end

--- Makes a plain function of one that gives an errno.
function M.plain(f)
  return function(instance, io)
    local errno, reason = f(instance, io)
    if reason then return reason end
    io[0].u64 = errno
  end
end

--- Makes one of a function that gives an errno, or AGAIN of lua/wasi/files and a job: done(job's answer) gives the errno then.
function M.waiting(f)
  return function(instance, io)
    local errno, job, done = f(instance, io)
    if not job then return M.finish(instance, io, errno) end
    return protocol.wait(instance, io, job.pending, function(_, out) return M.finish(instance, out, done(job.answer)) end)
  end
end

--- A path that a guest gives, or nil and an errno.
function M.path_at(instance, at, size)
  local path = memory.bytes(instance, at, size)
  if not text.string_is_utf8(path) then return nil, M.ILSEQ end
  return path
end

local p32 = ffi.typeof 'uint32_t *'

--- A list of (pointer, length) as it lies in the memory: uint32_t[], two for each.
function M.list(instance, at, count)
  if count > 1024 then protocol.trap 'the guest gives the host a list of too many buffers' end
  return ffi.cast(p32, memory.at(instance, at, 8 * count, 4))
end

--- The parts of a list of (pointer, length), all of which lie in the memory.
function M.vectors(instance, at, count)
  local words, out = M.list(instance, at, count), {}
  for i = 1, count do
    out[i] = { words[2 * i - 2], words[2 * i - 1] }
    memory.at(instance, out[i][1], out[i][2])
  end
  return out
end

return M
