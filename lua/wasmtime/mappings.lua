-- How many more guests may wait at once: each takes a few of the memory mappings that the system allows a process, and where they are
-- used up, the next allocation anywhere in the process may end it. So new ones are refused well before.

local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'

ffi.cdef 'typedef struct { double left, stale_at; } mw_mappings;'

local M = {}

-- The most mappings that an instance takes, with its stack, a small one (see host/engine/engine.py) and any other; and how many are left to
-- the rest of the process.
local SMALL, LARGE, RESERVE = 3, 6, 2000
-- The rest of the process takes mappings too: only part of what is left is used before it is counted again.
local SHARE = 2
-- How long a count holds, in nanoseconds, and for how many times as long as it took: where there are many it takes milliseconds.
local STALE, PATIENCE = 250e6, 40

local limit
-- What all lanes share: how many mappings may be taken before they are counted again, and until when that holds. Two lanes that write at
-- once may lose one instance, which the reserve is there for.
local shared

--- Sets the address of what lanes share.
---@param address integer
function M.share(address) shared = ffi.cast('mw_mappings *', address) end

local function most()
  local file = io.open '/proc/sys/vm/max_map_count'
  local number = file and file:read '*n'
  if file then file:close() end
  return number or 65530
end

local function count()
  local file = io.open '/proc/self/maps'
  if not file then return 0 end
  local lines = 0
  while true do
    local piece = file:read(2 ^ 16)
    if not piece then break end
    local _, here = piece:gsub('\n', '')
    lines = lines + here
  end
  file:close()
  return lines
end

--- Takes the room for one more instance: gives true, or false and how many mappings there may be.
---@param small boolean?
---@param more integer those that it takes because it is composed of several
---@return boolean
---@return integer? most
function M.take(small, more)
  local each, now = (small and SMALL or LARGE) + more, clock.system()
  local left = shared.left
  if now > shared.stale_at or left >= 0 and left < each then
    limit = limit or most()
    left = math.floor((limit - RESERVE - count()) / SHARE)
    local counted = clock.system()
    shared.stale_at = counted + math.max(STALE, PATIENCE * (counted - now))
  end
  -- Nothing is counted again for each that is refused, but soon: others end.
  if left < each then
    shared.left, shared.stale_at = -1, math.min(shared.stale_at, now + STALE)
    return false, limit or most()
  end
  shared.left = left - each
  return true
end

return M
