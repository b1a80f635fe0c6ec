-- What the functions of wasi:filesystem have in common: whose file they are asked of, and how they end. Paths are strings, and so UTF-8.

local memory = require 'lua.guest.memory'
local numbers = require 'lua.wasi.files.numbers'
local objects = require 'lua.guest.objects'
local protocol = require 'lua.guest.protocol'
local text = require 'lua.values.utf8'

local M = {}

--- The file of lua/wasi/files/open.lua of a descriptor.
function M.file_of(instance, index) return objects.object(instance, index, 'descriptor').file end

--- A path or another string that a guest gives.
function M.string_at(instance, at, size)
  local given = memory.bytes(instance, at, size)
  if not text.string_is_utf8(given) then protocol.trap 'the guest gives the host a string that is not UTF-8' end
  return given
end

--- Puts result<T, error-code>, of which nothing but the error is written here: `at` is where T and the error lie.
function M.put(instance, ret, at, ok, why)
  memory.put8(instance, ret, ok and 0 or 1)
  if not ok then memory.put8(instance, ret + at, numbers.code(why)) end
  return ok
end

--- A function whose result is result<_, error-code>: f(instance, io) gives true, or nil and an error; `last` is where its address is.
function M.plain(last, f)
  return function(instance, io)
    local ret = io[last].u32
    memory.at(instance, ret, 2)
    M.put(instance, ret, 1, f(instance, io))
  end
end

--- The same for one that may have to wait: f gives nil, AGAIN and a job.
function M.waiting(f)
  return function(instance, io)
    local ret = io[1].u32
    memory.at(instance, ret, 2)
    local ok, why, job = f(instance, io)
    if not job then
      M.put(instance, ret, 1, ok, why)
      return protocol.finish(io)
    end
    return protocol.wait(instance, io, job.pending, function(_, out)
      M.put(instance, ret, 1, not job.answer.errno, job.answer.errno)
      return protocol.finish(out)
    end)
  end
end

return M
