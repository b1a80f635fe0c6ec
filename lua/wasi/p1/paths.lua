-- Paths by WASI 0.1, and listings of directories. Source: wasi_snapshot_preview1.witx.

local ffi = require 'ffi'
local descriptors = require 'lua.wasi.p1.descriptors'
local linking = require 'lua.guest.linking'
local listing = require 'lua.wasi.files.listing'
local memory = require 'lua.guest.memory'
local numbers = require 'lua.wasi.files.numbers'
local opening = require 'lua.wasi.files.open'
local paths = require 'lua.wasi.files.paths'
local protocol = require 'lua.guest.protocol'
local results = require 'lua.wasi.p1.results'
local system = require 'lua.wasi.files.system'
local text = require 'lua.values.utf8'

local cast, band = ffi.cast, bit.band
local p32, p64 = ffi.typeof 'uint32_t *', ffi.typeof 'uint64_t *'
local plain, finish = results.plain, results.finish
local SUCCESS, BADF, INVAL, ILSEQ = results.SUCCESS, results.BADF, results.INVAL, results.ILSEQ

local FOLLOW = 1

-- The directory io[at] and the path io[at + skip], io[at + skip + 1]; or nil and an errno.
local function place(instance, io, at, skip)
  local path, wrong = results.path_at(instance, io[at + skip].u32, io[at + skip + 1].u32)
  local folder, errno = descriptors.folder(instance, io[at].u32)
  if not folder then return nil, errno end
  if not path then return nil, wrong end
  return folder.file, path
end

-- A function of a directory and a path behind it.
local function of_path(f)
  return plain(function(instance, io)
    local folder, path = place(instance, io, 0, 1)
    if not folder then return path end
    return results.errno(f(folder, path))
  end)
end

-- A function of two, the paths behind `skip` more and at once behind their directories.
local function of_two(second, skip, f)
  return plain(function(instance, io)
    local folder, path = place(instance, io, 0, skip)
    if not folder then return path end
    local other, new = place(instance, io, second, 1)
    if not other then return new end
    return results.errno(f(folder, path, other, new, io))
  end)
end

local CREATE, DIRECTORY, EXCLUSIVE, TRUNCATE = 1, 2, 4, 8
local FD_READ, FD_WRITE = 2, 64

local function path_open(instance, io)
  local follow, how, rights, flags, ret = io[1].u32, io[4].u32, io[5].u64, io[7].u32, io[8].u32
  memory.at(instance, ret, 4, 4)
  local folder, path = place(instance, io, 0, 2)
  if not folder then return path end
  if how > 15 or flags > 31 then return INVAL end
  local low = tonumber(band(rights, 0xffffffffULL))
  local file, why = opening.open(instance, folder, path, {
    follow = band(follow, FOLLOW) ~= 0,
    create = band(how, CREATE) ~= 0,
    directory = band(how, DIRECTORY) ~= 0,
    exclusive = band(how, EXCLUSIVE) ~= 0,
    truncate = band(how, TRUNCATE) ~= 0,
    reads = band(low, FD_READ) ~= 0,
    writes = band(low, FD_WRITE) ~= 0,
  })
  if not file then return numbers.errno(why) end
  local number = descriptors.add(instance, file)
  if file.type == 'file' then descriptors.set_flags(descriptors.get(instance, number), flags) end
  memory.put32(instance, ret, number)
  return SUCCESS
end

local function path_filestat_get(instance, io)
  local ret = io[4].u32
  memory.at(instance, ret, 64, 8)
  local folder, path = place(instance, io, 0, 2)
  if not folder then return path end
  return descriptors.put_status(instance, ret, paths.status(folder, path, band(io[1].u32, FOLLOW) ~= 0))
end

local function path_filestat_set_times(instance, io)
  local folder, path = place(instance, io, 0, 2)
  if not folder then return path end
  local times = descriptors.times(io[4].u64, io[5].u64, io[6].u32)
  if not times then return INVAL end
  return results.errno(paths.set_times(folder, path, band(io[1].u32, FOLLOW) ~= 0, times))
end

local function path_readlink(instance, io)
  local at, size, ret = io[3].u32, io[4].u32, io[5].u32
  memory.at(instance, at, size)
  memory.at(instance, ret, 4, 4)
  local folder, path = place(instance, io, 0, 1)
  if not folder then return path end
  local target, why = paths.readlink(folder, path)
  if not target then return numbers.errno(why) end
  if not text.string_is_utf8(target) then return ILSEQ end
  local used = math.min(#target, size)
  if used > 0 then ffi.copy(memory.at(instance, at, used), target, used) end
  memory.put32(instance, ret, used)
  return SUCCESS
end

local function path_symlink(instance, io)
  local target, wrong = results.path_at(instance, io[0].u32, io[1].u32)
  local folder, path = place(instance, io, 2, 1)
  if not folder then return path end
  if not target then return wrong end
  return results.errno(paths.symlink(target, folder, path))
end

-- Listings -----------------------------------------------------------------------------------------------------------

local DIRENT = 24
local header = ffi.new 'uint8_t[24]'

-- Puts the entry that is there, as much of it as fits; gives how many bytes, or nil and an errno.
local function put_entry(instance, entries, at, room)
  local name, type, inode, next = listing.look(entries)
  if not text.string_is_utf8(name) then return nil, ILSEQ end
  cast(p64, header)[0], cast(p64, header)[1] = next, inode
  cast(p32, header)[4], cast(p32, header)[5] = #name, numbers.FILETYPES[type]
  local first = math.min(DIRENT, room)
  ffi.copy(memory.at(instance, at, first), header, first)
  local rest = math.min(#name, room - first)
  if rest > 0 then ffi.copy(memory.at(instance, at + first, rest), name, rest) end
  return first + rest
end

-- Fills the guest's buffer from the place where the listing is; a cookie is the place behind an entry.
local function list(instance, io, entries, at, size, ret, used)
  while used < size do
    local more, why, job = listing.fill(instance, entries)
    if job then
      return protocol.wait(instance, io, job.pending, function(_, out)
        local ok, failed = listing.took(entries, job)
        if not ok then return finish(instance, out, numbers.errno(failed)) end
        return list(instance, out, entries, at, size, ret, used)
      end)
    end
    if more == nil then return finish(instance, io, numbers.errno(why)) end
    if not more then break end
    local count, errno = put_entry(instance, entries, at + used, size - used)
    if not count then return finish(instance, io, errno) end
    used = used + count
    if used < size then listing.step(entries) end
  end
  memory.put32(instance, ret, used)
  return finish(instance, io, SUCCESS)
end

local function fd_readdir(instance, io)
  local at, size, cookie, ret = io[1].u32, io[2].u32, io[3].u64, io[4].u32
  memory.at(instance, at, size)
  memory.at(instance, ret, 4, 4)
  local descriptor, errno = descriptors.folder(instance, io[0].u32)
  if not descriptor then return finish(instance, io, errno) end
  local entries = descriptor.listing
  if not entries then
    local file, why = opening.open_listing(instance, descriptor.file)
    if not file then return finish(instance, io, numbers.errno(why)) end
    entries = listing.new(file)
    descriptor.listing = entries
  end
  local ok, why = listing.seek(entries, cookie)
  if not ok then return finish(instance, io, numbers.errno(why)) end
  return list(instance, io, entries, at, size, ret, 0)
end

-- What there is nothing of --------------------------------------------------------------------------------------------

local function not_a_socket(instance, io) return descriptors.get(instance, io[0].u32) and results.NOTSOCK or BADF end

linking.provide('wasi_snapshot_preview1', {
  fd_readdir = fd_readdir,
  path_open = plain(path_open),
  path_create_directory = of_path(paths.mkdir),
  path_remove_directory = of_path(paths.rmdir),
  path_unlink_file = of_path(paths.unlink),
  path_filestat_get = plain(path_filestat_get),
  path_filestat_set_times = plain(path_filestat_set_times),
  path_readlink = plain(path_readlink),
  path_symlink = plain(path_symlink),
  path_rename = of_two(3, 1, paths.rename),
  path_link = of_two(4, 2, function(folder, path, other, new, io)
    -- A link is not made to what another link leads to.
    if band(io[1].u32, FOLLOW) ~= 0 then return nil, system.E.INVAL end
    return paths.link(folder, path, other, new)
  end),
  proc_raise = plain(function() return results.NOTSUP end),
  sock_accept = plain(not_a_socket),
  sock_recv = plain(not_a_socket),
  sock_send = plain(not_a_socket),
  sock_shutdown = plain(not_a_socket),
})
