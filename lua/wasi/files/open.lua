-- Open files and folders of guests: how they are opened, counted and closed. Both versions of WASI stand on them.
--
-- A file is {descriptor =, type = 'file' or 'directory', reads =, writes =, changes = whether what is in it may be changed, beneath a
-- folder too; append =, sync = flags of writing, near = true where it lies in memory, far = true where the system can't say what it would
-- wait for, users = how many hold it, owner =, instance =, folder = the shared one of a mount, which is not counted}. Errors are the
-- system's numbers.

local ffi = require 'ffi'
local beneath = require 'lua.wasi.files.beneath'
local running = require 'lua.guest.running'
local system = require 'lua.wasi.files.system'

local E, bor = system.E, bit.bor

local M = {}

-- Counting -------------------------------------------------------------------------------------------------------------

local numbers, cell, most, most_own -- as host/files/counts.py says
local owned = {} -- owner -> how many files its guests in this lane have open

local function count(owner)
  local total = 0
  for i = 1, numbers[0] do
    total = total + numbers[i]
  end
  local own = owned[owner] or 0
  local free = most - (total - own)
  if own >= math.min(most_own, math.max(math.floor(free / 2), 1)) or free <= own then return false end
  owned[owner] = own + 1
  numbers[cell] = numbers[cell] + 1
  return true
end

local function uncount(owner)
  numbers[cell] = numbers[cell] - 1
  owned[owner] = owned[owner] > 1 and owned[owner] - 1 or nil
end

-- Mounts ---------------------------------------------------------------------------------------------------------------

-- Instances of a lane have one descriptor for each folder that is mounted, however many of them sleep: "device:inode" -> {descriptor =, key
-- =, users =}. While it is open no other folder has the same numbers.
local shared = {}

-- Takes over the descriptor of a mount.
local function share(descriptor)
  local status = system.status(descriptor)
  local key = status and ('%d:%d:%s'):format(status.major, status.minor, tostring(status.inode)) or descriptor
  local folder = shared[key]
  if folder then
    system.close(descriptor)
  else
    folder = { descriptor = descriptor, key = key, users = 0 }
    shared[key] = folder
  end
  folder.users = folder.users + 1
  return folder
end

local function unshare(folder)
  folder.users = folder.users - 1
  if folder.users > 0 then return end
  shared[folder.key] = nil
  system.close(folder.descriptor)
end

-- Instances ------------------------------------------------------------------------------------------------------------

--- Gives an instance that is being made the folders of the answer to `folders` (lua/wasi/worlds.py), as instance.files: {mounts = {{guest
-- =, file =}}, open = {file = true}}.
---@param given border.Folders
function M.enter(instance, given, owner)
  local counts = given.counts
  if not numbers then
    numbers, cell = ffi.cast('int32_t *', counts.address), counts.cell
    most, most_own = counts.most, counts.most_own
  end
  instance.files = { mounts = {}, open = {}, owner = owner }
  for i, mount in ipairs(given.mounts) do
    local folder = share(mount.descriptor)
    local file = {
      descriptor = folder.descriptor,
      folder = folder,
      type = 'directory',
      reads = true,
      writes = false,
      changes = not mount.read_only,
      users = 1,
      instance = instance,
    }
    instance.files.open[file] = true
    instance.files.mounts[i] = { guest = mount.guest, file = file }
  end
end

local function close(file)
  local descriptor = file.descriptor
  file.descriptor = nil
  if file.folder then return unshare(file.folder) end
  system.close(descriptor)
  uncount(file.owner)
end

--- Closes what an instance has open.
function M.leave(instance)
  local files = instance.files
  instance.files = nil
  for file in pairs(files.open) do
    close(file)
  end
end

--- Has one more hold a file.
function M.hold(file)
  file.users = file.users + 1
  return file
end

--- Ends one hold of a file.
function M.release(file)
  file.users = file.users - 1
  if file.users > 0 or not file.descriptor then return end
  file.instance.files.open[file] = nil
  close(file)
end

-- Opening --------------------------------------------------------------------------------------------------------------

-- Takes over a descriptor that is counted.
local function adopt(instance, descriptor, type, fields)
  local file = {
    descriptor = descriptor,
    type = type,
    reads = fields.reads,
    writes = fields.writes,
    changes = fields.changes,
    append = fields.append,
    sync = fields.sync,
    users = 1,
    owner = instance.files.owner,
    instance = instance,
  }
  instance.files.open[file] = true
  return file
end

-- Opens, or makes, a regular file.
local function open_file(folder, path, want)
  local flags = want.access
  if not want.follow then flags = bor(flags, system.NOFOLLOW) end
  if want.create then flags = bor(flags, system.CREATE, want.exclusive and system.EXCLUSIVE or 0) end
  -- It was looked at, and may be another now: nobody waits for a FIFO, nor becomes the terminal of one.
  local mode = want.create and 438 or 0
  local descriptor, why = beneath.open(folder.descriptor, path, bor(flags, system.NONBLOCK, system.NO_TERMINAL), mode)
  if not descriptor then return nil, why end
  local status
  status, why = system.status(descriptor)
  local type = status and system.kind(status.mode)
  if type == 'file' then
    local ok = true
    if want.truncate then
      ok, why = system.truncate(descriptor, 0)
    end
    if ok then return descriptor, 'file' end
  end
  system.close(descriptor)
  return nil, status and type ~= 'file' and (type == 'directory' and E.ISDIR or E.PERM) or why
end

-- Opens what a path names: gives its descriptor and type, or nil and an error.
local function find(folder, path, want)
  -- A look before it is opened: opening a device or a FIFO may already do something, or wait forever.
  local seen, why = beneath.open(folder.descriptor, path, bor(system.SEEN, want.follow and 0 or system.NOFOLLOW))
  if not seen then
    if why ~= E.NOENT or not want.create then return nil, why end
    return open_file(folder, path, want)
  end
  local status
  status, why = system.status(seen)
  local type = status and system.kind(status.mode)
  if type == 'directory' and not (want.create and want.exclusive) and not want.writes and not want.truncate then return seen, type end
  system.close(seen)
  if not status then return nil, why end
  if want.create and want.exclusive then return nil, E.EXIST end
  if type == 'directory' then return nil, E.ISDIR end
  if type == 'link' then return nil, E.LOOP end
  if want.directory then return nil, E.NOTDIR end
  if type ~= 'file' then return nil, E.PERM end
  return open_file(folder, path, want)
end

--- Opens a path below an open folder; gives the file, or nil and an error. `want` may have follow, create, directory, exclusive,
-- truncate, reads, writes, append, sync.
function M.open(instance, folder, path, want)
  if folder.type ~= 'directory' then return nil, E.NOTDIR end
  if want.directory and (want.create or want.exclusive or want.truncate) then return nil, E.INVAL end
  if not folder.changes and (want.create or want.truncate or want.writes) then return nil, E.PERM end
  -- What is emptied must be open for writing, whether its guest may write or not.
  local writes = want.writes or want.truncate
  want.access = writes and (want.reads and system.BOTH or system.WRITE) or system.READ
  if not count(instance.files.owner) then return nil, E.MFILE end
  local descriptor, type = find(folder, path, want)
  if not descriptor then
    uncount(instance.files.owner)
    return nil, type
  end
  local is_file = type == 'file'
  return adopt(instance, descriptor, type, {
    reads = want.reads or not is_file,
    writes = is_file and want.writes or false,
    changes = folder.changes,
    append = is_file and want.append,
    sync = want.sync,
  })
end

--- Opens an open folder for one listing of its own; gives the file, or nil and an error.
function M.open_listing(instance, folder)
  if folder.type ~= 'directory' then return nil, E.NOTDIR end
  if not count(instance.files.owner) then return nil, E.MFILE end
  local descriptor, why = system.openat(folder.descriptor, '.', bor(system.READ, system.DIRECTORY, system.NOFOLLOW))
  if descriptor then return adopt(instance, descriptor, 'listing', { reads = true }) end
  uncount(instance.files.owner)
  return nil, why
end

running.files = M

return M
