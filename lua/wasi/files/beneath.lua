-- Opening files below a folder that no path leads out of: not by `..`, an absolute path, or a symbolic link, also one made meanwhile. Does
-- for guests what host/files/beneath.py does for scripts.
--
-- Linux's openat2 resolves a path beneath a folder in one step. Where it is missing, each component is opened by itself without following
-- it, and links are read and followed by the same rule.

local system = require 'lua.wasi.files.system'

local E, bor, band = system.E, bit.bor, bit.band

local M = {}

local BENEATH, NO_MAGIC_LINKS = 0x08, 0x02
local MAX_PATH, MAX_LINKS, RETRIES = 4095, 40, 100

local function resolve(folder, path, flags, mode)
  local descriptor, why
  for _ = 1, RETRIES do
    descriptor, why = system.openat2(folder, path, flags, mode, BENEATH + NO_MAGIC_LINKS)
    if descriptor then return descriptor end
    -- AGAIN: something was renamed while a `..` was resolved, and nobody knows whether it led out.
    if why ~= E.AGAIN and why ~= E.INTR then break end
  end
  return nil, why
end

local function push(rest, path)
  local names = {}
  for name in path:gmatch '[^/]+' do
    names[#names + 1] = name
  end
  if path:find '/$' then names[#names + 1] = '.' end
  for i = #names, 1, -1 do
    rest[#rest + 1] = names[i]
  end
end

-- What a symbolic link says, or nil for anything else.
local function link_of(folder, name)
  local descriptor = system.openat(folder, name, bor(system.SEEN, system.NOFOLLOW))
  if not descriptor then return nil end
  local status = system.status(descriptor)
  local target = status and system.kind(status.mode) == 'link' and system.readlink(descriptor) or nil
  system.close(descriptor)
  return target
end

local FOLDER = bor(system.SEEN, system.DIRECTORY, system.NOFOLLOW)

-- As `walk`, with the folders on the way in `trail`, so that `..` leads back to where we came from.
local function step(trail, rest, flags, mode)
  local links = 0
  while rest[1] do
    local name = table.remove(rest)
    local is_last = not rest[1]
    local target = name ~= '.' and name ~= '..' and link_of(trail[#trail], name)
    if name == '..' then
      if not trail[2] then return nil, E.XDEV end
      system.close(table.remove(trail))
    elseif target and not (is_last and band(flags, bor(system.NOFOLLOW, system.EXCLUSIVE)) ~= 0) then
      links = links + 1
      if links > MAX_LINKS then return nil, E.LOOP end
      if target:find '^/' then return nil, E.XDEV end
      push(rest, target)
    elseif name ~= '.' then
      if is_last then return system.openat(trail[#trail], name, bor(flags, system.NOFOLLOW), mode) end
      local descriptor, why = system.openat(trail[#trail], name, FOLDER)
      if not descriptor then return nil, why end
      trail[#trail + 1] = descriptor
    end
  end
  if band(flags, system.CREATE) ~= 0 and band(flags, system.DIRECTORY) == 0 then return nil, E.ISDIR end
  return system.openat(trail[#trail], '.', bor(flags, system.NOFOLLOW), mode)
end

--- Opens a relative path one component after the other.
function M.walk(folder, path, flags, mode)
  local first, why = system.duplicate(folder)
  if not first then return nil, why end
  local trail, rest = { first }, {}
  push(rest, path)
  local descriptor
  descriptor, why = step(trail, rest, flags, mode)
  for _, each in ipairs(trail) do
    system.close(each)
  end
  return descriptor, why
end

local opener

local function choose()
  local root = system.openat(-100, '/', bor(system.SEEN, system.DIRECTORY))
  if not root then return M.walk end
  local descriptor = system.openat2(root, '.', system.SEEN, 0, BENEATH)
  system.close(root)
  -- Too old a kernel, or a filter of system calls.
  if not descriptor then return M.walk end
  system.close(descriptor)
  return resolve
end

--- What is wrong with a path that no file beneath a folder can have: an error, or nil.
function M.wrong(path)
  if path == '' then return E.NOENT end
  if #path > MAX_PATH then return E.NAMETOOLONG end
  if path:find('\0', 1, true) then return E.INVAL end
  if path:byte() == 47 then return E.PERM end
end

--- Opens a path below the folder of a descriptor; gives the descriptor, or nil and an error: PERM for a path that leaves it.
function M.open(folder, path, flags, mode)
  local why = M.wrong(path)
  if why then return nil, why end
  opener = opener or choose()
  local descriptor
  descriptor, why = opener(folder, path, flags, mode)
  if descriptor then return descriptor end
  return nil, why == E.XDEV and E.PERM or why
end

--- Has each path resolved one component after the other, for tests.
function M.always_walk() opener = M.walk end

--- Opens the folder above the last name of a path: gives its descriptor, which is to be closed unless it is `folder` itself, the last
-- name with the slashes behind it, and whether there are some. For `.` and `..`, which a folder has already, the name is nil. Or gives
-- nil and an error.
function M.above(folder, path)
  local why = M.wrong(path)
  if why then return nil, why end
  local parent, name, slashes = path:match '^(.-)([^/]+)(/*)$'
  if name == '.' or name == '..' then
    -- Where that leads nobody may learn who could not go there.
    local descriptor
    descriptor, why = M.open(folder, path, bor(system.SEEN, system.DIRECTORY))
    return descriptor, descriptor and nil or why
  end
  if #name > 255 then return nil, E.NAMETOOLONG end
  name = slashes == '' and name or name .. '/'
  if parent == '' then return folder, name, slashes ~= '' end
  local descriptor
  descriptor, why = M.open(folder, parent, bor(system.SEEN, system.DIRECTORY))
  if not descriptor then return nil, why end
  return descriptor, name, slashes ~= ''
end

return M
