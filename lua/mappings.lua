-- How many more guests may wait at once: each takes a few of the memory mappings that the system allows a process, and where they are
-- used up, the next allocation anywhere in the process may end it. So new ones are refused well before.

local clock = require 'lua.clock'

local M = {}

-- The most mappings that an instance takes, with its stack, a small one (see host/engine.py) and any other; and how many are left to
-- the rest of the process.
local SMALL, LARGE, RESERVE = 3, 6, 2000
-- Other lanes make instances too: only part of what is left is used before it is counted again.
local SHARE = 2
-- How long a count holds, in nanoseconds: counting takes milliseconds, and meanwhile the rest of the process takes mappings too.
local STALE = 250e6

local limit
local left, counted_at = 0, 0   -- in mappings, in nanoseconds

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
function M.take(small)
  local each, now = small and SMALL or LARGE, clock.system()
  if now - counted_at > STALE or left >= 0 and left < each then
    limit = limit or most()
    left = math.floor((limit - RESERVE - count()) / SHARE)
    counted_at = now
  end
  -- Nothing is counted again for each that is refused.
  if left < each then
    left = -1
    return false, limit
  end
  left = left - each
  return true
end

return M
