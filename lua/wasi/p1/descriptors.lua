-- The descriptors of WASI 0.1: the standard streams, the mounts, and what a guest opens; each in a table of its instance's own by its
-- number. One is {stream = name}, or {file = of lua/wasi/files/open.lua, guest = path of a mount, position = uint64_t, listing =}.
-- Source: wasi_snapshot_preview1.witx.

local ffi = require 'ffi'
local contents = require 'lua.wasi.files.contents'
local identity = require 'lua.wasi.files.identity'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local numbers = require 'lua.wasi.files.numbers'
local opening = require 'lua.wasi.files.open'
local results = require 'lua.wasi.p1.results'
local system = require 'lua.wasi.files.system'

local cast, band = ffi.cast, bit.band
local p16, p32, p64 = ffi.typeof 'uint16_t *', ffi.typeof 'uint32_t *', ffi.typeof 'uint64_t *'
local plain = results.plain
local SUCCESS, BADF, INVAL, NAMETOOLONG, NOTSUP, SPIPE =
  results.SUCCESS, results.BADF, results.INVAL, results.NAMETOOLONG, results.NOTSUP, results.SPIPE

local M = {}

local function table_of(instance)
  local all = instance.descriptors
  if not all then
    all = { [0] = { stream = 'stdin' }, { stream = 'stdout' }, { stream = 'stderr' }, free = 3 }
    for i, mount in ipairs(instance.files and instance.files.mounts or {}) do
      all[i + 2] = { file = opening.hold(mount.file), guest = mount.guest }
    end
    instance.descriptors = all
  end
  return all
end

--- The descriptor of a number, or nil.
function M.get(instance, number) return table_of(instance)[number] end

--- The name of the standard stream that a number stands for, or nil.
function M.stream(instance, number)
  local descriptor = table_of(instance)[number]
  return descriptor and descriptor.stream
end

--- The open file of a number that is not a directory: the descriptor, or nil and an errno.
function M.file(instance, number)
  local descriptor = table_of(instance)[number]
  if not descriptor or not descriptor.file or descriptor.file.type ~= 'file' then return nil, BADF end
  return descriptor
end

--- The directory of a number: the descriptor, or nil and an errno.
function M.folder(instance, number)
  local descriptor = table_of(instance)[number]
  if not descriptor then return nil, BADF end
  if not descriptor.file or descriptor.file.type ~= 'directory' then return nil, results.NOTDIR end
  return descriptor
end

--- Gives the guest the lowest number that is free for a file.
function M.add(instance, file)
  local all = table_of(instance)
  local number = all.free
  while all[number] do
    number = number + 1
  end
  all.free = number + 1
  all[number] = { file = file, position = 0ULL }
  return number
end

local function remove(all, number)
  local descriptor = all[number]
  all[number] = nil
  if number >= 3 and number < all.free then all.free = number end
  if descriptor.listing then opening.release(descriptor.listing.file) end
  if descriptor.file then opening.release(descriptor.file) end
end

local function fd_close(instance, io)
  local all, number = table_of(instance), io[0].u32
  if not all[number] then return BADF end
  remove(all, number)
  return SUCCESS
end

local function fd_renumber(instance, io)
  local all, from, to = table_of(instance), io[0].u32, io[1].u32
  local descriptor = all[from]
  if not descriptor or not all[to] then return BADF end
  if from == to then return SUCCESS end
  remove(all, to)
  all[from], all[to] = nil, descriptor
  if from >= 3 and from < all.free then all.free = from end
  return SUCCESS
end

-- Status -------------------------------------------------------------------------------------------------------------

local UNKNOWN, CHARACTER_DEVICE = 0, 2
local STREAMS = { stdin = 0, stdout = 1, stderr = 2 }

-- A terminal is not a function's to read.
local function kind_of(instance, stream)
  local open = stream ~= 'stdin' or instance.plan.console
  return open and ffi.C.isatty(STREAMS[stream]) == 1 and CHARACTER_DEVICE or UNKNOWN
end

-- Rights: what one may do with standard input and output; with a file whatever it was opened for, to read it, to write it; with
-- a directory, and what is below it; and what changes something there. They tell, and can't be given up: who finds the right to set sizes
-- by path (19) expects that, so it is left out.
local INPUT, OUTPUT = 2 + 2 ^ 21 + 2 ^ 27, 2 ^ 6 + 2 ^ 21 + 2 ^ 27
local FILE = 2 ^ 0 + 2 ^ 2 + 2 ^ 3 + 2 ^ 4 + 2 ^ 5 + 2 ^ 7 + 2 ^ 21 + 2 ^ 23 + 2 ^ 27
local READING, WRITING = 2 ^ 1, 2 ^ 6 + 2 ^ 8 + 2 ^ 22
local FOLDER = 2 ^ 3 + 2 ^ 4 + 2 ^ 0 + 2 ^ 11 + 2 ^ 13 + 2 ^ 14 + 2 ^ 15 + 2 ^ 18 + 2 ^ 21
local CHANGING = 2 ^ 9 + 2 ^ 10 + 2 ^ 12 + 2 ^ 16 + 2 ^ 17 + 2 ^ 20 + 2 ^ 23 + 2 ^ 24 + 2 ^ 25 + 2 ^ 26
-- What is refused beneath a mount that is read only is refused when it is opened: C libraries ask for no more than this.
local ALL = 2 ^ 30 - 1

local APPEND, DSYNC, RSYNC, SYNC = 1, 2, 8, 16

local function rights_of(descriptor)
  local file = descriptor.file
  if not file then return descriptor.stream == 'stdin' and INPUT or OUTPUT, 0 end
  if file.type == 'directory' then return FOLDER + (file.changes and CHANGING or 0), ALL end
  return FILE + (file.reads and READING or 0) + (file.writes and WRITING or 0), 0
end

local function fd_fdstat_get(instance, io)
  local descriptor, at = M.get(instance, io[0].u32), io[1].u32
  local out = memory.at(instance, at, 24, 8)
  if not descriptor then return BADF end
  local file = descriptor.file
  ffi.fill(out, 24)
  out[0] = file and numbers.FILETYPES[file.type] or not file and kind_of(instance, descriptor.stream) or 0
  if file then
    local sync = file.sync == system.SYNC and SYNC or file.sync and DSYNC or 0
    cast(p16, out)[1] = (file.append and APPEND or 0) + sync + (descriptor.nonblock or 0)
  end
  cast(p64, out)[1], cast(p64, out)[2] = rights_of(descriptor)
  return SUCCESS
end

local NONBLOCK = 4

--- Gives a file the flags that a guest asks for by fdflags.
function M.set_flags(descriptor, flags)
  local file = descriptor.file
  file.append = band(flags, APPEND) ~= 0
  file.sync = band(flags, SYNC + RSYNC) ~= 0 and system.SYNC or band(flags, DSYNC) ~= 0 and system.DATA_SYNC or nil
  descriptor.nonblock = band(flags, NONBLOCK)
end

local function fd_fdstat_set_flags(instance, io)
  local descriptor, flags = M.get(instance, io[0].u32), io[1].u32
  if not descriptor then return BADF end
  if flags > 31 then return INVAL end
  if descriptor.stream then return SUCCESS end
  if descriptor.file.type ~= 'file' then return BADF end
  M.set_flags(descriptor, flags)
  return SUCCESS
end

-- WASI has done away with rights since.
local function fd_fdstat_set_rights(instance, io)
  local descriptor = M.get(instance, io[0].u32)
  return descriptor and NOTSUP or BADF
end

--- Puts a filestat, or gives an errno.
function M.put_status(instance, at, status, why)
  local out = memory.at(instance, at, 64, 8)
  if not status then return numbers.errno(why) end
  ffi.fill(out, 64)
  local words = cast(p64, out)
  words[0], words[1] = identity.device(status), status.inode
  out[16] = numbers.FILETYPES[system.kind(status.mode)]
  words[3], words[4] = status.links, status.size
  for i, time in ipairs { status.accessed, status.modified, status.changed } do
    words[4 + i] = time.seconds < 0 and 0 or time.seconds * 1000000000LL + time.nanoseconds
  end
  return SUCCESS
end

local function fd_filestat_get(instance, io)
  local descriptor, at = M.get(instance, io[0].u32), io[1].u32
  local out = memory.at(instance, at, 64, 8)
  if not descriptor then return BADF end
  if descriptor.file then return M.put_status(instance, at, system.status(descriptor.file.descriptor)) end
  ffi.fill(out, 64)
  out[16] = kind_of(instance, descriptor.stream)
  return SUCCESS
end

local times = ffi.new 'mw_moment[2]'
local BILLION = 1000000000ULL

local function set_time(which, value, flags, given, now)
  local is_given, is_now = band(flags, given) ~= 0, band(flags, now) ~= 0
  if is_given and is_now then return false end
  times[which].seconds, times[which].nanoseconds = 0, is_now and system.NOW or system.OMIT
  if is_given then
    times[which].seconds, times[which].nanoseconds = cast('int64_t', value / BILLION), cast('int64_t', value % BILLION)
  end
  return true
end

--- The times that a guest asks for by two timestamps and fstflags, as a mw_moment[2]; nil for what can't be meant.
function M.times(accessed, modified, flags)
  if flags > 15 then return nil end
  return set_time(0, accessed, flags, 1, 2) and set_time(1, modified, flags, 4, 8) and times or nil
end

local function fd_filestat_set_times(instance, io)
  local descriptor = M.get(instance, io[0].u32)
  if not descriptor or not descriptor.file then return BADF end
  local wanted = M.times(io[1].u64, io[2].u64, io[3].u32)
  if not wanted then return INVAL end
  return results.errno(contents.set_times(descriptor.file, wanted))
end

-- Mounts -------------------------------------------------------------------------------------------------------------

local function fd_prestat_get(instance, io)
  local descriptor, at = M.get(instance, io[0].u32), io[1].u32
  local out = memory.at(instance, at, 8, 4)
  if not descriptor or not descriptor.guest then return BADF end
  cast(p32, out)[0], cast(p32, out)[1] = 0, #descriptor.guest
  return SUCCESS
end

local function fd_prestat_dir_name(instance, io)
  local descriptor, at, size = M.get(instance, io[0].u32), io[1].u32, io[2].u32
  memory.at(instance, at, size)
  if not descriptor or not descriptor.guest then return BADF end
  local name = descriptor.guest
  if size < #name then return NAMETOOLONG end
  if #name > 0 then ffi.copy(memory.at(instance, at, #name), name, #name) end
  return SUCCESS
end

-- Places in files ----------------------------------------------------------------------------------------------------

local SET, CURRENT, END = 0, 1, 2

local function fd_seek(instance, io)
  local number, offset, whence, ret = io[0].u32, io[1].i64, io[2].u32, io[3].u32
  memory.at(instance, ret, 8, 8)
  if M.stream(instance, number) then return SPIPE end
  local descriptor, errno = M.file(instance, number)
  if not descriptor then return errno end
  if whence > END then return INVAL end
  local from = 0ULL
  if whence == CURRENT then from = descriptor.position end
  if whence == END then
    local status, why = system.status(descriptor.file.descriptor)
    if not status then return numbers.errno(why) end
    from = status.size
  end
  local place = cast('int64_t', from) + offset
  -- Past the largest number it would be negative.
  if whence == SET and offset < 0 or place < 0 then return INVAL end
  descriptor.position = cast('uint64_t', place)
  memory.put64(instance, ret, descriptor.position)
  return SUCCESS
end

local function fd_tell(instance, io)
  local number, ret = io[0].u32, io[1].u32
  memory.at(instance, ret, 8, 8)
  if M.stream(instance, number) then return SPIPE end
  local descriptor, errno = M.file(instance, number)
  if not descriptor then return errno end
  memory.put64(instance, ret, descriptor.position)
  return SUCCESS
end

-- What is done with files --------------------------------------------------------------------------------------------

-- A function of a file: f(file, io).
local function of_file(f)
  return plain(function(instance, io)
    local descriptor, errno = M.file(instance, io[0].u32)
    if not descriptor then return errno end
    return results.errno(f(descriptor.file, io))
  end)
end

local function answered(answer) return answer.errno and numbers.errno(answer.errno) or SUCCESS end

local function syncing(data)
  return results.waiting(function(instance, io)
    local descriptor = M.get(instance, io[0].u32)
    if not descriptor then return BADF end
    if descriptor.stream then return SUCCESS end
    local ok, why, job = contents.sync(instance, descriptor.file, data)
    return results.errno(ok, why), job, answered
  end)
end

linking.provide('wasi_snapshot_preview1', {
  fd_close = plain(fd_close),
  fd_renumber = plain(fd_renumber),
  fd_fdstat_get = plain(fd_fdstat_get),
  fd_fdstat_set_flags = plain(fd_fdstat_set_flags),
  fd_fdstat_set_rights = plain(fd_fdstat_set_rights),
  fd_filestat_get = plain(fd_filestat_get),
  fd_filestat_set_times = plain(fd_filestat_set_times),
  fd_filestat_set_size = of_file(function(file, io) return contents.resize(file, io[1].u64) end),
  fd_prestat_get = plain(fd_prestat_get),
  fd_prestat_dir_name = plain(fd_prestat_dir_name),
  fd_seek = plain(fd_seek),
  fd_tell = plain(fd_tell),
  fd_advise = of_file(function(file, io) return contents.advise(file, io[1].u64, io[2].u64, io[3].u32) end),
  fd_allocate = results.waiting(function(instance, io)
    local descriptor, errno = M.file(instance, io[0].u32)
    if not descriptor then return errno end
    local ok, why, job = contents.allocate(instance, descriptor.file, io[1].u64, io[2].u64)
    return results.errno(ok, why), job, answered
  end),
  fd_sync = syncing(false),
  fd_datasync = syncing(true),
})

return M
