-- When the garbage collector works.
--
-- It begins again late where a heap is small, because memory is cheaper there than the time that it takes to look through all of it, such
-- as through ten thousand tasks that wait while more are started. And it works while nothing else is to be done, so that less is left to
-- be done between.

local collectgarbage, getmetatable, newproxy = collectgarbage, getmetatable, newproxy

local M = {}

-- What a heap is small below, in KiB; and how large it may be when the next cycle begins, in percent of what the last one left.
local SMALL, EAGER, LAZY = 64 * 1024, 200, 400

-- How many times as large as after the last cycle a heap is that is worth one while nothing runs, and how much is done at once: it
-- takes about a millisecond.
local WORTH, PORTION = 1.5, 500

local left = 0 -- in KiB, by the last cycle

-- The collector calls this once in each cycle, before it decides when the next one begins.
local function tend()
  left = collectgarbage 'count'
  collectgarbage('setpause', left < SMALL and LAZY or EAGER)
  local next = newproxy(true)
  getmetatable(next).__gc = tend
end

--- Takes charge of the lane's collector.
M.begin = tend

--- Collects some garbage if there is much; tells whether it did.
function M.work()
  if collectgarbage 'count' < WORTH * left then return false end
  collectgarbage('step', PORTION)
  return true
end

return M
