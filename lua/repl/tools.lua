-- Measuring and watching calls in the REPL: `:bench` and `:trace`.
local clock = require 'lua.dispatcher.clock'
local describe = require 'lua.repl.describe'
local dispatcher = require 'lua.dispatcher.dispatcher'
local executor = require 'stdlib.funcs.executor'
local future = require 'stdlib.funcs.future'
local funcs = require 'stdlib.funcs'

local monotonic, max, min, floor, sqrt = clock.monotonic, math.max, math.min, math.floor, math.sqrt
local select, sort = select, table.sort

-- How long a sample takes at least, and all of them together, in nanoseconds; how many there are.
local SAMPLE, TOGETHER = 5e6, 1e9
local FEWEST, MOST = 3, 100

-- What the shown arguments and results of a traced call may hold.
local BRIEF = { depth = 3, entries = 8, total = 24, bytes = 60 }

local M = {}

-- What the runs give is kept, so that none of them is left out by the compiler.
M.kept = nil

local function batch(f, count)
  local begun = monotonic()
  for _ = 1, count do M.kept = f() end
  return monotonic() - begun
end

--- Runs a chunk many times, compiled, and returns {runs, samples, min, median, mean, max, deviation}, in nanoseconds a run.
-- The first run is interpreted: one that never ends can be stopped.
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
  for _, sample in ipairs(samples) do spread = spread + (sample - mean) ^ 2 end
  return {
    runs = count * #samples, samples = #samples, min = samples[1], median = samples[floor((#samples + 1) / 2)], mean = mean,
    max = samples[#samples], deviation = sqrt(spread / #samples),
  }
end

-- What calls functions: for each its table and name, whether it is a method, and whether it gives a future.
local callers = {
  { funcs, 'call', false, false }, { funcs, 'async', false, true },
  { executor.methods, 'call', true, false }, { executor.methods, 'async', true, true },
}
for _, caller in ipairs(callers) do caller.original = caller[1][caller[2]] end

local function described(...)
  local list = {}
  for i = 1, min(select('#', ...), 16) do list[i] = describe.describe((select(i, ...)), BRIEF) end
  return list
end

-- A function in the place of a caller's, which tells when there is an answer.
local function watched(caller, tell)
  local original, background = caller.original, caller[4]
  local function told(id, arguments, begun, ...)
    local function answered(...)
      local results = described(...)
      -- The error that there is not.
      if results[2] and (select(2, ...)) == nil then results[2] = nil end
      tell(tostring(id), arguments, results, (monotonic() - begun) / 1e9)
    end
    local started = ...
    -- What is no future is nil and an error: there is no such function.
    if background and started ~= nil then future.watch(started, answered) else answered(...) end
    return ...
  end
  if not caller[3] then
    return function(id, ...) return told(id, described(...), monotonic(), original(id, ...)) end
  end
  return function(self, id, ...) return told(id, described(...), monotonic(), original(self, id, ...)) end
end

--- Has each call of a function told to `tell(id, list of described arguments, list of described results, seconds)` when its answer is
--- there; without `tell` no longer.
function M.trace(tell)
  for _, caller in ipairs(callers) do caller[1][caller[2]] = tell and watched(caller, tell) or caller.original end
end

return M
