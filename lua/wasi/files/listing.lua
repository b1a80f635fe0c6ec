-- Listings of open folders, piece by piece: as the system gives them, and at places that it names, so that one of a million names takes no
-- memory. What is left of a large folder, or of one that was slow once, is listed on another thread.

local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'
local jobs = require 'lua.wasi.files.jobs'
local system = require 'lua.wasi.files.system'

local E = system.E

local M = {}

-- How many bytes of entries are taken at once, here and on another thread; how often here, and how long that may take, in nanoseconds.
local PIECE, FAR_PIECE, MOST_PIECES, SLOW = 32 * 1024, 256 * 1024, 8, 2e6

local entry = ffi.typeof 'mw_entry *'
local NAME_AT = ffi.offsetof('mw_entry', 'name')

--- Begins, or begins again, a listing by a file of lua/wasi/files/open.lua.
function M.new(file) return { file = file, at = 0, size = 0, pieces = 0, memory = ffi.new('uint8_t[?]', PIECE) } end

local function take(L, count)
  L.at, L.size, L.ended = 0, count, count == 0
end

--- Goes to the place `next` of an entry that was given, or to 0, the beginning; gives true, or nil and an error.
function M.seek(L, place)
  -- At the beginning it looks again.
  if L.place and place ~= 0 and L.place == place then return true end
  L.at, L.size, L.ended, L.place = 0, 0, false, place
  return system.seek(L.file.descriptor, ffi.cast('int64_t', place))
end

--- Makes sure that there is an entry: gives true, false at the end; or nil and an error; or nil, AGAIN and a job, and M.took is to be
-- called with it when it is done.
function M.fill(instance, L)
  if L.at < L.size then return true end
  if L.ended then return false end
  if (L.slow or L.pieces >= MOST_PIECES) and jobs.possible(instance) then
    local job = jobs.begin('entries', L.file.descriptor, system.GETDENTS, FAR_PIECE)
    if job then
      if not L.far then
        L.far, L.memory = true, ffi.new('uint8_t[?]', FAR_PIECE)
      end
      return nil, E.AGAIN, job
    end
  end
  local before = clock.system()
  local count, why = system.entries(L.file.descriptor, L.memory, PIECE)
  if clock.system() - before > SLOW then L.slow = true end
  if not count then return nil, why end
  L.pieces = L.pieces + 1
  take(L, count)
  return not L.ended
end

--- Takes what a job has listed; gives true, or nil and an error.
function M.took(L, job)
  local answer = job.answer
  if type(answer) ~= 'string' then return nil, answer.errno end
  ffi.copy(L.memory, answer, #answer)
  take(L, #answer)
  return true
end

--- Looks at the entry that is there: gives its name, type, inode, and the place behind it.
function M.look(L)
  local found = ffi.cast(entry, L.memory + L.at)
  local name = ffi.string(L.memory + L.at + NAME_AT)
  local type = system.LISTED[found.type]
  if not type then
    -- Some file systems do not say.
    local status = system.status(L.file.descriptor, name)
    type = status and system.kind(status.mode) or 'unknown'
  end
  return name, type, found.inode, found.next
end

--- Goes on to the next entry.
function M.step(L)
  local found = ffi.cast(entry, L.memory + L.at)
  L.place = found.next
  L.at = L.at + found.size
end

return M
