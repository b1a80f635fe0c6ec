-- The module `fs`: the folders of `fs.directory` entries. A path is relative to its folder, `/` is the folder itself, and none
-- leads out of it.
local callbacks = require 'lua.lane.ask'
local errors = require 'lua.values.errors'
local file = require 'stdlib.fs.file'
local got = require 'lua.values.got'
local object = require 'stdlib.fs.object'
local owners = require 'lua.scripts.owners'

local type, error, setmetatable = type, error, setmetatable
local concat = table.concat
local ask, ask_away = callbacks.ask, callbacks.ask_away
local NOT_FOUND, INVALID = errors.kinds.NOT_FOUND, errors.kinds.INVALID

local M = {}

local WRITE_MODES = { w = 'w', a = 'a', wx = 'wx' }
local WRITE_MODE_NAMES = { 'w', 'a', 'wx' }

local class = object.class('fs', 'a folder', function(state) return 'fs (' .. state.id .. ')' end)
local methods = class.methods

local function checked(folder, path, name)
  local state = class.state(folder)
  if not state then error('fs:' .. name .. ' is called on ' .. object.described(folder) .. ', write folder:' .. name .. '(...)', 3) end
  if type(path) ~= 'string' then error('fs:' .. name .. ': expected a string as the path, got ' .. got(path), 3) end
  return state.id, state.owner
end

local function bad_mode(name, names, mode)
  local shown = type(mode) == 'string' and "'" .. mode:sub(1, 20) .. "'" or got(mode)
  return nil,
    errors.make { kind = INVALID, message = ('%s: expected one of the modes %s, got %s'):format(name, concat(names, ', '), shown) }
end

local function get(id, owner)
  if type(id) ~= 'string' then error('fs.get: expected a string as the id of an fs.directory, got ' .. got(id), 3) end
  ---@type border.FolderFound?, Error?
  local answer, problem = ask('fs_get', id)
  if not answer then return nil, problem end
  return class.new { id = answer.id, owner = owner }
end

--- Returns the folder of an `fs.directory` entry, or nil and an error.
function M.get(id)
  local folder, problem = get(id, '')
  return folder, problem
end

-- Files belong to the script or the entry that opens them: it has a bound of its own, and what a script leaves open ends with it.
owners.makers[M] = function(owner)
  owner.finish = function() ask('fs_end', owner.name) end
  return {
    get = function(id)
      local folder, problem = get(id, owner.name)
      return folder, problem
    end,
  }
end

--- Opens a file, and returns it, or nil and an error. `mode` is as in io.open: "r", "w", "a", "r+", "w+", "a+", and "wx",
-- which makes a file that must not be there yet.
function methods.open(folder, path, mode)
  local id, owner = checked(folder, path, 'open')
  local known = file.MODES[mode == nil and 'r' or mode]
  if not known then return bad_mode('fs:open', file.MODE_NAMES, mode) end
  return file.open(id, path, known, owner)
end

--- Returns what a file holds as a string, or nil and an error.
function methods.readfile(folder, path)
  local id, owner = checked(folder, path, 'readfile')
  local opened, problem = file.open(id, path, file.MODES.r, owner)
  if not opened then return nil, problem end
  local state = file.state(opened)
  if state.size > file.MAX_STRING then
    opened:close()
    return nil,
      errors.make {
        kind = INVALID,
        message = ('fs:readfile: %s holds %d bytes, more than the %d MiB of a string: open it, and read it piece by piece'):format(
          path,
          state.size,
          file.MAX_STRING / 1048576
        ),
      }
  end
  local data
  data, problem = opened:read('a')
  opened:close()
  return data, problem
end

--- Writes a string to a file and returns true, or nil and an error. `mode` is "w" (the default), which replaces what it holds;
-- "a", which adds at the end; or "wx", for a file that must not be there yet.
function methods.writefile(folder, path, data, mode)
  local id, owner = checked(folder, path, 'writefile')
  if type(data) ~= 'string' then error('fs:writefile: expected a string as the data, got ' .. got(data), 2) end
  local known = WRITE_MODES[mode == nil and 'w' or mode]
  if not known then return bad_mode('fs:writefile', WRITE_MODE_NAMES, mode) end
  local opened, problem = file.open(id, path, file.MODES[known], owner)
  if not opened then return nil, problem end
  local written
  written, problem = opened:write(data)
  opened:close()
  if not written then return nil, problem end
  return true
end

--- Returns `name`, `size`, `type` ("file", "directory" or "other"), `is_dir`, `modified` (seconds since 1970) and `mode` (its
-- permissions) of a file or folder, or nil and an error.
function methods.stat(folder, path) return ask('fs_stat', checked(folder, path, 'stat'), path) end

--- Makes a folder in one that is there; returns true, or nil and an error.
function methods.mkdir(folder, path)
  local answer, problem = ask('fs_mkdir', checked(folder, path, 'mkdir'), path)
  if not answer then return nil, problem end
  return true
end

--- Removes a file, or a folder that is empty; returns true, or nil and an error.
function methods.remove(folder, path)
  local answer, problem = ask('fs_remove', checked(folder, path, 'remove'), path)
  if not answer then return nil, problem end
  return true
end

-- The metatable of lists of names: called, as by `for entry in folder:readdir(path) do`, a list gives its entries in turn.
local LIST = { __metatable = 'names' }
local turns = setmetatable({}, { __mode = 'k' })

LIST.__call = function(list, _, before)
  local turn = before == nil and 1 or (turns[list] or 0) + 1
  turns[list] = turn
  return list[turn]
end

--- Returns a list of `{name, type}` of what a folder holds, by name, or nil and an error. The list can be called too:
-- `for entry in folder:readdir("/") do`.
function methods.readdir(folder, path)
  local list, problem = ask_away('fs_names', checked(folder, path == nil and '/' or path, 'readdir'), path == nil and '/' or path)
  if not list then return nil, problem end
  return setmetatable(list, LIST)
end

local function look(id, path)
  ---@type border.FileStat?, Error?
  local found, problem = ask('fs_stat', id, path)
  if found then return found end
  -- What leads through a file is not there either.
  local kind = problem:kind()
  if kind == NOT_FOUND or kind == INVALID then return false end
  return nil, problem
end

--- Says whether a path names something; nil and an error when that can't be known.
function methods.exists(folder, path)
  local found, problem = look(checked(folder, path, 'exists'), path)
  if found == nil then return nil, problem end
  return found ~= false
end

--- Says whether a path names a folder; nil and an error when that can't be known.
function methods.isdir(folder, path)
  local found, problem = look(checked(folder, path, 'isdir'), path)
  if found == nil then return nil, problem end
  return found ~= false and found.is_dir
end

return M
