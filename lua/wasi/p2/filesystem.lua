-- wasi:filesystem/types: the descriptors of a guest, whose files are those of lua/wasi/files. Directories are beside it.
-- Source: the WIT of wasi:filesystem 0.2.

local ffi = require 'ffi'
local contents = require 'lua.wasi.files.contents'
local descriptors = require 'lua.wasi.p2.descriptors'
local file_streams = require 'lua.wasi.p2.file_streams'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local numbers = require 'lua.wasi.files.numbers'
local objects = require 'lua.guest.objects'
local opening = require 'lua.wasi.files.open'
local paths = require 'lua.wasi.files.paths'
local protocol = require 'lua.guest.protocol'
local status_of = require 'lua.wasi.files.identity'
local system = require 'lua.wasi.files.system'
local text = require 'lua.values.utf8'

local E, band = system.E, bit.band
local p32, p64 = ffi.typeof 'uint32_t *', ffi.typeof 'uint64_t *'

local file_of, string_at, put, plain, waiting =
  descriptors.file_of, descriptors.string_at, descriptors.put, descriptors.plain, descriptors.waiting

-- Times --------------------------------------------------------------------------------------------------------------

local times = ffi.new 'mw_moment[2]'
local NO_CHANGE, NOW = 0, 1

-- A new-timestamp that is passed as io[at] to io[at + 2].
local function set_time(which, io, at)
  local case, seconds, nanoseconds = io[at].u32, io[at + 1].u64, io[at + 2].u32
  if case > 2 then protocol.trap 'the guest gives the host a new-timestamp of no case' end
  times[which].seconds, times[which].nanoseconds = 0, case == NO_CHANGE and system.OMIT or case == NOW and system.NOW or 0
  if case <= NOW then return true end
  if nanoseconds >= 1000000000 or seconds > 0x7fffffffffffffffULL then return false end
  times[which].seconds, times[which].nanoseconds = ffi.cast('int64_t', seconds), nanoseconds
  return true
end

local function times_of(io, at) return set_time(0, io, at) and set_time(1, io, at + 3) end

-- Status -------------------------------------------------------------------------------------------------------------

-- Puts result<descriptor-stat, error-code>.
local function put_status(instance, ret, status, why)
  memory.at(instance, ret, 104, 8)
  if not put(instance, ret, 8, status, why) then return end
  local base = memory.at(instance, ret, 104, 8)
  ffi.fill(base + 8, 96)
  local words = ffi.cast(p64, base)
  base[8] = numbers.TYPES[system.kind(status.mode)]
  words[2], words[3] = status.links, status.size
  for i, time in ipairs { status.accessed, status.modified, status.changed } do
    -- Before 1970 there is nothing that it could say.
    if time.seconds >= 0 then
      local at = 8 + 24 * i
      base[at] = 1
      ffi.cast(p64, base + at + 8)[0] = time.seconds
      ffi.cast(p32, base + at + 16)[0] = time.nanoseconds
    end
  end
end

local function put_hash(instance, ret, status, why)
  memory.at(instance, ret, 24, 8)
  if not put(instance, ret, 8, status, why) then return end
  local lower, upper = status_of.hash(status)
  memory.put64(instance, ret + 8, lower)
  memory.put64(instance, ret + 16, upper)
end

-- Opening ------------------------------------------------------------------------------------------------------------

local READ, WRITE, FILE_SYNC, DATA_SYNC, MUTATE = 1, 2, 4, 8, 32

local function open_at(instance, io)
  local folder, follow, path, how, flags, ret =
    file_of(instance, io[0].u32), io[1].u32, string_at(instance, io[2].u32, io[3].u32), io[4].u32, io[5].u32, io[6].u32
  memory.at(instance, ret, 8, 4)
  local file, why = opening.open(instance, folder, path, {
    follow = band(follow, 1) ~= 0,
    create = band(how, 1) ~= 0,
    directory = band(how, 2) ~= 0,
    exclusive = band(how, 4) ~= 0,
    truncate = band(how, 8) ~= 0,
    reads = band(flags, READ) ~= 0,
    writes = band(flags, WRITE) ~= 0,
    sync = band(flags, FILE_SYNC) ~= 0 and system.SYNC or band(flags, DATA_SYNC) ~= 0 and system.DATA_SYNC or nil,
  })
  if put(instance, ret, 4, file, why) then memory.put32(instance, ret + 4, objects.hand(instance, { kind = 'descriptor', file = file })) end
end

local function get_flags(instance, io)
  local file, ret = file_of(instance, io[0].u32), io[1].u32
  memory.at(instance, ret, 2)
  memory.put8(instance, ret, 0)
  local sync = file.sync == system.SYNC and FILE_SYNC or file.sync and DATA_SYNC or 0
  local changes = file.type == 'directory' and file.changes and MUTATE or 0
  memory.put8(instance, ret + 1, (file.reads and READ or 0) + (file.writes and WRITE or 0) + sync + changes)
end

-- Reading and writing ------------------------------------------------------------------------------------------------

-- Puts result<tuple<list<u8>, bool>, error-code>.
local function give(instance, io, ret, given, wanted, why)
  if not given then
    put(instance, ret, 4, nil, why)
    return protocol.finish(io)
  end
  return memory.allocate(instance, io, {
    { size = #given, align = 1 },
    done = function(_, asked)
      memory.put8(instance, ret, 0)
      memory.put_bytes(instance, ret + 4, asked[1], given)
      memory.put8(instance, ret + 12, wanted > 0 and given == '' and 1 or 0)
    end,
  })
end

local function read(instance, io)
  local file, wanted, offset, ret = file_of(instance, io[0].u32), io[1].u64, io[2].u64, io[3].u32
  memory.at(instance, ret, 16, 4)
  local size = wanted > contents.MOST and contents.MOST or tonumber(wanted)
  local given, why, job = file_streams.read(instance, file, size, offset)
  if not job then return give(instance, io, ret, given, size, why) end
  return protocol.wait(instance, io, job.pending, function(_, out)
    local answer = job.answer
    if type(answer) == 'string' then return give(instance, out, ret, answer, size) end
    return give(instance, out, ret, nil, size, answer.errno)
  end)
end

local function write(instance, io)
  local file, at, size, offset, ret = file_of(instance, io[0].u32), io[1].u32, io[2].u32, io[3].u64, io[4].u32
  memory.at(instance, ret, 16, 8)
  local count, why, job = contents.write(instance, file, memory.at(instance, at, size), math.min(size, contents.MOST), offset)
  local function done(_, out)
    if job then
      count, why = job.answer.count, job.answer.errno
    end
    if put(instance, ret, 8, count, why) then memory.put64(instance, ret + 8, count) end
    return protocol.finish(out)
  end
  if job then return protocol.wait(instance, io, job.pending, done) end
  return done(instance, io)
end

-- Gives an own<stream> for a file that reads, or writes.
local function stream(last, right, make)
  return function(instance, io)
    local object, ret = objects.object(instance, io[0].u32, 'descriptor'), io[last].u32
    memory.at(instance, ret, 8, 4)
    local file = object.file
    local ok = file.type == 'file' and file[right]
    if put(instance, ret, 4, ok, file.type == 'file' and E.BADF or E.ISDIR) then
      memory.put32(instance, ret + 4, objects.hand(instance, make(instance, file, io)))
    end
  end
end

-- The interface ------------------------------------------------------------------------------------------------------

-- Functions of a descriptor and a path: f(folder, path).
local function of_path(f)
  return plain(3, function(instance, io) return f(file_of(instance, io[0].u32), string_at(instance, io[1].u32, io[2].u32)) end)
end

-- Functions of two descriptors and paths, which begin at io[at].
local function of_two(last, at, f)
  return plain(last, function(instance, io)
    local folder, path = file_of(instance, io[0].u32), string_at(instance, io[at].u32, io[at + 1].u32)
    return f(folder, path, file_of(instance, io[at + 2].u32), string_at(instance, io[at + 3].u32, io[at + 4].u32), io)
  end)
end

local function follows(io) return band(io[1].u32, 1) ~= 0 end

local function status_at(instance, io)
  return paths.status(file_of(instance, io[0].u32), string_at(instance, io[2].u32, io[3].u32), follows(io))
end

linking.provide('wasi:filesystem/types', {
  ['[method]descriptor.read-via-stream'] = stream(
    2,
    'reads',
    function(instance, file, io) return file_streams.input(instance, file, io[1].u64) end
  ),
  ['[method]descriptor.write-via-stream'] = stream(
    2,
    'writes',
    function(instance, file, io) return file_streams.output(instance, file, io[1].u64) end
  ),
  ['[method]descriptor.append-via-stream'] = stream(
    1,
    'writes',
    function(instance, file) return file_streams.output(instance, file, 0ULL, true) end
  ),
  ['[method]descriptor.advise'] = plain(
    4,
    function(instance, io) return contents.advise(file_of(instance, io[0].u32), io[1].u64, io[2].u64, io[3].u32) end
  ),
  ['[method]descriptor.sync-data'] = waiting(function(instance, io) return contents.sync(instance, file_of(instance, io[0].u32), true) end),
  ['[method]descriptor.sync'] = waiting(function(instance, io) return contents.sync(instance, file_of(instance, io[0].u32), false) end),
  ['[method]descriptor.get-flags'] = get_flags,
  ['[method]descriptor.get-type'] = function(instance, io)
    local file, ret = file_of(instance, io[0].u32), io[1].u32
    memory.at(instance, ret, 2)
    memory.put8(instance, ret, 0)
    memory.put8(instance, ret + 1, numbers.TYPES[file.type])
  end,
  ['[method]descriptor.set-size'] = plain(2, function(instance, io) return contents.resize(file_of(instance, io[0].u32), io[1].u64) end),
  ['[method]descriptor.set-times'] = plain(7, function(instance, io)
    local file = file_of(instance, io[0].u32)
    if not times_of(io, 1) then return nil, E.INVAL end
    return contents.set_times(file, times)
  end),
  ['[method]descriptor.read'] = read,
  ['[method]descriptor.write'] = write,
  ['[method]descriptor.create-directory-at'] = of_path(paths.mkdir),
  ['[method]descriptor.stat'] = function(instance, io)
    put_status(instance, io[1].u32, system.status(file_of(instance, io[0].u32).descriptor))
  end,
  ['[method]descriptor.stat-at'] = function(instance, io) put_status(instance, io[4].u32, status_at(instance, io)) end,
  ['[method]descriptor.set-times-at'] = plain(10, function(instance, io)
    local folder, path = file_of(instance, io[0].u32), string_at(instance, io[2].u32, io[3].u32)
    if not times_of(io, 4) then return nil, E.INVAL end
    return paths.set_times(folder, path, follows(io), times)
  end),
  ['[method]descriptor.link-at'] = of_two(7, 2, function(folder, path, other, new, io)
    -- A link is not made to what another link leads to.
    if follows(io) then return nil, E.INVAL end
    return paths.link(folder, path, other, new)
  end),
  ['[method]descriptor.open-at'] = open_at,
  ['[method]descriptor.readlink-at'] = function(instance, io)
    local folder, path, ret = file_of(instance, io[0].u32), string_at(instance, io[1].u32, io[2].u32), io[3].u32
    memory.at(instance, ret, 12, 4)
    local target, why = paths.readlink(folder, path)
    if target and not text.string_is_utf8(target) then
      target, why = nil, E.ILSEQ
    end
    if not put(instance, ret, 4, target, why) then return protocol.finish(io) end
    return memory.allocate(instance, io, {
      { size = #target, align = 1 },
      done = function(_, asked)
        memory.put8(instance, ret, 0)
        memory.put_bytes(instance, ret + 4, asked[1], target)
      end,
    })
  end,
  ['[method]descriptor.remove-directory-at'] = of_path(paths.rmdir),
  ['[method]descriptor.rename-at'] = of_two(6, 1, paths.rename),
  ['[method]descriptor.symlink-at'] = plain(5, function(instance, io)
    local folder, target = file_of(instance, io[0].u32), string_at(instance, io[1].u32, io[2].u32)
    return paths.symlink(target, folder, string_at(instance, io[3].u32, io[4].u32))
  end),
  ['[method]descriptor.unlink-file-at'] = of_path(paths.unlink),
  ['[method]descriptor.is-same-object'] = function(instance, io)
    io[0].u64 = status_of.same(file_of(instance, io[0].u32), file_of(instance, io[1].u32)) and 1 or 0
  end,
  ['[method]descriptor.metadata-hash'] = function(instance, io)
    put_hash(instance, io[1].u32, system.status(file_of(instance, io[0].u32).descriptor))
  end,
  ['[method]descriptor.metadata-hash-at'] = function(instance, io) put_hash(instance, io[4].u32, status_at(instance, io)) end,
  ['filesystem-error-code'] = function(instance, io)
    local failure, ret = objects.object(instance, io[0].u32, 'error').failure, io[1].u32
    memory.at(instance, ret, 2)
    local errno = failure and failure.errno
    memory.put8(instance, ret, errno and 1 or 0)
    if errno then memory.put8(instance, ret + 1, numbers.code(errno)) end
  end,
  ['[resource-drop]descriptor'] = function(instance, io)
    local object = objects.object(instance, io[0].u32, 'descriptor')
    objects.drop(instance, io[0].u32, 'descriptor')
    opening.release(object.file)
  end,
})
