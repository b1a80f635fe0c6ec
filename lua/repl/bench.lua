-- Measuring calls in the REPL: `:bench`.
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'

local monotonic, max, min, floor, sqrt = clock.monotonic, math.max, math.min, math.floor, math.sqrt
local sort = table.sort

-- How long a sample takes at least, and all of them together, in nanoseconds; how many there are.
local SAMPLE, TOGETHER = 5e6, 1e9
local FEWEST, MOST = 3, 100

local M = {}

-- What the runs give is kept, so that none of them is left out by the compiler.
M.kept = nil

local function batch(f, count)
  local begun = monotonic()
  for _ = 1, count do
    M.kept = f()
  end
  return monotonic() - begun
end

--- Runs a chunk many times, compiled, and returns {runs, samples, min, median, mean, max, deviation}, in nanoseconds a run.
-- The first run is interpreted: one that never ends can be stopped.
---@param f function
---@param stopped fun(): boolean
---@return table
function M.bench(f, stopped)
  batch(f, 1)
  jit.on(f, true)
  local count, taken = 1, batch(f, 1)
  while taken < SAMPLE and count < 1e8 and not stopped() do
    count = max(count * 2, min(floor(count * SAMPLE / max(taken, 1)), count * 100))
    taken = batch(f, count)
  end
  local samples, total = {}, 0
  while #samples < FEWEST or #samples < MOST and total < TOGETHER do
    taken = batch(f, count)
    samples[#samples + 1], total = taken / count, total + taken
    -- Others go on in between, and Ctrl-C is heard.
    local problem = dispatcher.pause('bench')
    if problem then error(problem, 0) end
    if stopped() then break end
  end
  jit.off(f, true)
  sort(samples)
  local mean, spread = total / count / #samples, 0
  for _, sample in ipairs(samples) do
    spread = spread + (sample - mean) ^ 2
  end
  return {
    runs = count * #samples,
    samples = #samples,
    min = samples[1],
    median = samples[floor((#samples + 1) / 2)],
    mean = mean,
    max = samples[#samples],
    deviation = sqrt(spread / #samples),
  }
end

return M
