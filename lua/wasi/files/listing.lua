-- Listings of open folders, piece by piece: as the system gives them, and at places that it names, so that one of a million names takes no
-- memory. What is left of a large folder, or of one that was slow once, is listed on another thread.

local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'
local jobs = require 'lua.wasi.files.jobs'
local system = require 'lua.wasi.files.system'

local AGAIN = system.E.AGAIN

local M = {}

-- How many bytes of entries are taken at once, here and on another thread; how often here, and how long that may take, in nanoseconds.
local PIECE, FAR_PIECE, MOST_PIECES, SLOW = 32 * 1024, 256 * 1024, 8, 2e6

local entry = ffi.typeof 'mw_entry *'
local NAME_AT = ffi.offsetof('mw_entry', 'name')

--- The entries of an open folder, a piece of them at a time.
---@class Listing
---@field file table of lua/wasi/files/open.lua
---@field memory ffi.cdata* uint8_t[]: the piece
---@field at integer where the next entry is in it, in bytes
---@field size integer how much of it is filled
---@field ended boolean? there are no more
---@field place any the system's name of the place behind the last entry that was given
---@field pieces integer how many were listed here
---@field slow boolean? that took long, so it is done on another thread
---@field far boolean? `memory` is as large as what is listed there at once

--- Begins, or begins again, a listing by a file of lua/wasi/files/open.lua.
---@param file table
---@return Listing
function M.new(file)
  return {
    file = file,
    memory = ffi.new('uint8_t[?]', PIECE),
    at = 0,
    size = 0,
    ended = nil,
    place = nil,
    pieces = 0,
    slow = nil,
    far = nil,
  }
end

local function take(entries, count)
  entries.at, entries.size, entries.ended = 0, count, count == 0
end

--- Goes to the place `next` of an entry that was given, or to 0, the beginning; gives true, or nil and an error.
---@param entries Listing
---@param place any
---@return boolean?
---@return integer? errno
function M.seek(entries, place)
  -- At the beginning it looks again.
  if entries.place and place ~= 0 and entries.place == place then return true end
  entries.at, entries.size, entries.ended, entries.place = 0, 0, false, place
  return system.seek(entries.file.descriptor, ffi.cast('int64_t', place))
end

--- Makes sure that there is an entry: gives true, false at the end; or nil and an error; or nil, AGAIN and a job, and M.took is to be
-- called with it when it is done.
---@param instance Instance
---@param entries Listing
---@return boolean?
---@return integer? errno
---@return table? job
function M.fill(instance, entries)
  if entries.at < entries.size then return true end
  if entries.ended then return false end
  if (entries.slow or entries.pieces >= MOST_PIECES) and jobs.possible(instance) then
    local job = jobs.begin('entries', entries.file.descriptor, system.GETDENTS, FAR_PIECE)
    if job then
      if not entries.far then
        entries.far = true
        entries.memory = ffi.new('uint8_t[?]', FAR_PIECE)
      end
      return nil, AGAIN, job
    end
  end
  local before = clock.system()
  local count, why = system.entries(entries.file.descriptor, entries.memory, PIECE)
  if clock.system() - before > SLOW then entries.slow = true end
  if not count then return nil, why end
  entries.pieces = entries.pieces + 1
  take(entries, count)
  return not entries.ended
end

--- Takes what a job has listed; gives true, or nil and an error.
---@param entries Listing
---@param job table
---@return boolean?
---@return integer? errno
function M.took(entries, job)
  local answer = job.answer
  if type(answer) ~= 'string' then return nil, answer.errno end
  ffi.copy(entries.memory, answer, #answer)
  take(entries, #answer)
  return true
end

--- Looks at the entry that is there: gives its name, type, inode, and the place behind it.
---@param entries Listing
---@return string name
---@return string type
---@return any inode
---@return any place
function M.look(entries)
  local found = ffi.cast(entry, entries.memory + entries.at)
  local name = ffi.string(entries.memory + entries.at + NAME_AT)
  local type = system.LISTED[found.type]
  if not type then
    -- Some file systems do not say.
    local status = system.status(entries.file.descriptor, name)
    type = status and system.kind(status.mode) or 'unknown'
  end
  return name, type, found.inode, found.next
end

--- Goes on to the next entry.
---@param entries Listing
function M.step(entries)
  local found = ffi.cast(entry, entries.memory + entries.at)
  entries.place = found.next
  entries.at = entries.at + found.size
end

return M
