-- What is done with paths below an open folder (lua/wasi/files/open.lua). Each gives what it says, or true, or nil and an error.
--
-- What is made, removed or renamed is named by its last component in the folder above, which was opened beneath: nothing follows it.

local beneath = require 'lua.wasi.files.beneath'
local system = require 'lua.wasi.files.system'

local E, bor = system.E, bit.bor

local M = {}

-- Opens what a path names to look at it, or at a symbolic link itself unless it is to be followed, and gives what with(descriptor) gives.
local function seen(folder, path, follow, with)
  if folder.type ~= 'directory' then return nil, E.NOTDIR end
  local descriptor, why = beneath.open(folder.descriptor, path, bor(system.SEEN, follow and 0 or system.NOFOLLOW))
  if not descriptor then return nil, why end
  local result
  result, why = with(descriptor)
  system.close(descriptor)
  return result, why
end

-- Opens the folder above a path that is to be changed, and gives what with(descriptor, name, is_folder) gives: `name` is nil for `.` and
-- `..`.
local function above(folder, path, with)
  if folder.type ~= 'directory' then return nil, E.NOTDIR end
  if not folder.changes then return nil, E.PERM end
  local descriptor, name, is_folder = beneath.above(folder.descriptor, path)
  if not descriptor then return nil, name end
  local result, why = with(descriptor, name, is_folder)
  if descriptor ~= folder.descriptor then system.close(descriptor) end
  return result, why
end

--- Looks at what a path names; the status is good until the next look.
function M.status(folder, path, follow) return seen(folder, path, follow, system.status) end

--- Sets the times of what a path names; `times` is a mw_moment[2].
function M.set_times(folder, path, follow, times)
  if folder.type == 'directory' and not folder.changes then return nil, E.PERM end
  return seen(folder, path, follow, function(descriptor) return system.set_times(descriptor, times) end)
end

--- What a symbolic link says; an absolute one says nothing that a guest could use.
function M.readlink(folder, path)
  local target, why = seen(folder, path, false, system.readlink)
  if target and target:byte() == 47 then return nil, E.PERM end
  return target, why
end

function M.mkdir(folder, path)
  return above(folder, path, function(descriptor, name)
    if not name then return nil, E.EXIST end
    return system.mkdir(descriptor, name)
  end)
end

function M.rmdir(folder, path)
  return above(folder, path, function(descriptor, name, is_folder)
    if not name then return nil, path:find '%.%./*$' and E.NOTEMPTY or E.INVAL end
    local ok, why = system.rmdir(descriptor, name)
    if why ~= E.NOTDIR or not is_folder then return ok, why end
    -- With a slash behind it a symbolic link is what it leads to, which may be outside.
    local _, outside = seen(folder, path, true, function() return true end)
    return nil, outside == E.PERM and E.PERM or why
  end)
end

function M.unlink(folder, path)
  return above(folder, path, function(descriptor, name)
    if not name then return nil, E.ISDIR end
    return system.unlink(descriptor, name)
  end)
end

--- Makes a symbolic link. An absolute target would name a file of the host.
function M.symlink(target, folder, path)
  if target:find('\0', 1, true) then return nil, E.INVAL end
  return above(folder, path, function(descriptor, name)
    if target:byte() == 47 then return nil, E.PERM end
    if not name then return nil, E.EXIST end
    return system.symlink(target, descriptor, name)
  end)
end

-- What two folders above two paths are opened for.
local function both(folder, path, other, new, with)
  if other.type ~= 'directory' then return nil, E.NOTDIR end
  if not other.changes then return nil, E.PERM end
  return above(folder, path, function(from, name, from_folder)
    return above(other, new, function(to, new_name) return with(from, name, to, new_name, from_folder) end)
  end)
end

function M.rename(folder, path, other, new)
  return both(folder, path, other, new, function(from, name, to, new_name)
    if not name or not new_name then return nil, E.BUSY end
    return system.rename(from, name, to, new_name)
  end)
end

--- Makes a hard link; of a symbolic link itself.
function M.link(folder, path, other, new)
  return both(folder, path, other, new, function(from, name, to, new_name, from_folder)
    if not name then return nil, E.PERM end
    if not new_name then return nil, E.EXIST end
    -- With a slash behind it the system would follow a link, and a folder has no other names.
    if from_folder then
      return seen(folder, path, true, function() return nil, E.PERM end)
    end
    return system.link(from, name, to, new_name)
  end)
end

return M
