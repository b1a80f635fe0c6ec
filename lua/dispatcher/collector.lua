-- When the garbage collector works.
--
-- While a heap is small its next cycle begins late: memory is cheaper then than the time that a cycle takes, such as one through ten
-- thousand tasks that wait while more are started. And it works while the lane has nothing else to do, so that less is left for later.

local collectgarbage, getmetatable, newproxy = collectgarbage, getmetatable, newproxy

local M = {}

-- A heap below so many KiB is small; and how large a small one may be when its next cycle begins, in percent of what the last one left.
local SMALL, EAGER, LAZY = 64 * 1024, 200, 400

-- While nothing runs a cycle is worth its time once the heap is so many times as large as after the last one; and how much is done at
-- once, which takes about a millisecond.
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
