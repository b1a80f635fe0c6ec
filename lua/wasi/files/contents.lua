-- Reading and writing open files (lua/wasi/files/open.lua). What the system has in memory, and what is small, is done at once; what may
-- have to wait for a device is a job on another thread, where the guest can wait. Offsets are uint64_t. Errors are the system's numbers.

local ffi = require 'ffi'
local jobs = require 'lua.wasi.files.jobs'
local system = require 'lua.wasi.files.system'

local E = system.E

local M = {}

--- What is read at once, and what is written without another thread, in bytes.
M.MOST, M.NEAR = 1024 * 1024, 256 * 1024
local LARGEST = 0x7fffffffffffffffULL

-- What a program is made of that writes past the largest file, or reads there.
local function too_far(offset, size) return offset > LARGEST or offset + size > LARGEST end

--- Reads up to `size` bytes, at most M.MOST, into memory: gives how many, 0 at the end; or nil and an error; or nil, AGAIN and a job that
-- reads them: its answer is bytes, or a table {errno =}.
function M.read(instance, file, into, size, offset)
  if not file.reads or file.type ~= 'file' then return nil, file.type == 'file' and E.BADF or E.ISDIR end
  if too_far(offset, size) then return nil, E.INVAL end
  if size > M.MOST then size = M.MOST end
  local at = ffi.cast('int64_t', offset)
  local count, why
  if not file.near and not file.far then
    count, why = system.read_now(file.descriptor, into, size, at)
    if count or why ~= E.AGAIN and why ~= E.NOTSUP and why ~= E.NOSYS and why ~= E.INVAL then return count, why end
    if why ~= E.AGAIN then
      file.near = system.is_memory(file.descriptor)
      file.far = not file.near
    end
  end
  if not file.near and jobs.possible(instance) then
    local job = jobs.begin('read', file.descriptor, at, tonumber(size))
    if job then return nil, E.AGAIN, job end
  end
  return system.read(file.descriptor, into, size, at)
end

local function flags_of(file, append) return (append and system.APPEND or 0) + (file.sync or 0) end

--- Writes bytes, at the end of the file where `append`: gives how many; or nil and an error; or nil, AGAIN and a job: its answer is
-- {count =} or {errno =}. `from` is a string or points to memory that stays for the moment.
function M.write(instance, file, from, size, offset, append)
  if not file.writes then return nil, file.type == 'directory' and E.ISDIR or E.BADF end
  if too_far(offset, size) then return nil, append and E.INVAL or E.FBIG end
  local at, flags = ffi.cast('int64_t', append and 0ULL or offset), flags_of(file, append)
  if (size > M.NEAR or file.sync) and jobs.possible(instance) then
    local text = type(from) == 'string' and from or ffi.string(from, size)
    local job = jobs.begin('write', file.descriptor, at, text, flags)
    if job then return nil, E.AGAIN, job end
  end
  local base, written = ffi.cast('const uint8_t *', from), 0
  while written < size do
    local count, why = system.write(file.descriptor, base + written, size - written, at + written, flags)
    if not count and written == 0 then return nil, why end
    if not count or count == 0 then break end
    written = written + count
  end
  return written
end

--- Gives true when what was written to a file, or a folder, is on its device; or nil and an error; or nil, AGAIN and a job.
function M.sync(instance, file, data)
  local descriptor, why, own = file.descriptor, nil, nil
  if file.type == 'directory' then
    own, why = system.openat(descriptor, '.', system.DIRECTORY)
    if not own then return nil, why end
    descriptor = own
  end
  local ok, job
  if jobs.possible(instance) then
    job = jobs.begin('sync', descriptor, data)
    ok, why = nil, E.AGAIN
  end
  if not job then
    ok, why = system.sync(descriptor, data)
  end
  if own then system.close(own) end
  return ok, why, job
end

--- Has a file have room for `size` bytes at an offset; as `sync`.
function M.allocate(instance, file, offset, size)
  if not file.writes then return nil, E.BADF end
  if size == 0 or too_far(offset, 0) or too_far(size, 0) then return nil, E.INVAL end
  if too_far(offset, size) then return nil, E.FBIG end
  if jobs.possible(instance) then
    local job = jobs.begin('allocate', file.descriptor, ffi.cast('int64_t', offset), ffi.cast('int64_t', size))
    if job then return nil, E.AGAIN, job end
  end
  return system.allocate(file.descriptor, ffi.cast('int64_t', offset), ffi.cast('int64_t', size))
end

--- How large a file is, as a uint64_t.
function M.size(file)
  local status = system.status(file.descriptor)
  return status and status.size or 0ULL
end

function M.resize(file, size)
  if not file.writes then return nil, file.type == 'directory' and E.ISDIR or E.BADF end
  if too_far(size, 0) then return nil, E.INVAL end
  return system.truncate(file.descriptor, ffi.cast('int64_t', size))
end

-- posix_fadvise's numbers for those of WASI: normal, sequential, random, will-need, dont-need, no-reuse.
local ADVICE = { [0] = 0, 2, 1, 3, 4, 5 }

function M.advise(file, offset, size, advice)
  if file.type ~= 'file' then return nil, E.BADF end
  if not ADVICE[advice] or too_far(offset, 0) or too_far(size, 0) then return nil, E.INVAL end
  return system.advise(file.descriptor, ffi.cast('int64_t', offset), ffi.cast('int64_t', size), ADVICE[advice])
end

--- Sets the times of an open file or folder; `times` is a mw_moment[2].
function M.set_times(file, times)
  if not file.changes then return nil, E.PERM end
  return system.set_times(file.descriptor, times)
end

return M
