-- Watching calls in the REPL: `:trace`. It stands here because what it watches does: `funcs` and its executors.
local clock = require 'lua.dispatcher.clock'
local describe = require 'lua.repl.describe'
local executor = require 'stdlib.funcs.executor'
local future = require 'stdlib.funcs.future'
local funcs = require 'stdlib.funcs'

local monotonic, min, select = clock.monotonic, math.min, select

-- What the shown arguments and results of a traced call may hold.
local BRIEF = { depth = 3, entries = 8, total = 24, bytes = 60 }

local M = {}

-- What calls functions: for each its table and name, whether it is a method, and whether it gives a future.
local callers = {
  { funcs, 'call', false, false },
  { funcs, 'async', false, true },
  { executor.methods, 'call', true, false },
  { executor.methods, 'async', true, true },
}
for _, caller in ipairs(callers) do
  caller.original = caller[1][caller[2]]
end

local function described(...)
  local list = {}
  for i = 1, min(select('#', ...), 16) do
    list[i] = describe.describe((select(i, ...)), BRIEF)
  end
  return list
end

-- A function that takes a caller's place, and tells when there is an answer.
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
    -- What is not a future is nil and an error: there is no such function.
    if background and started ~= nil then
      future.watch(started, answered)
    else
      answered(...)
    end
    return ...
  end
  if not caller[3] then
    return function(id, ...) return told(id, described(...), monotonic(), original(id, ...)) end
  end
  return function(self, id, ...) return told(id, described(...), monotonic(), original(self, id, ...)) end
end

--- Has each call of a function told to `tell(id, list of described arguments, list of described results, seconds)` when its answer is
--- there; without `tell` no longer.
---@param tell? function
function M.trace(tell)
  for _, caller in ipairs(callers) do
    caller[1][caller[2]] = tell and watched(caller, tell) or caller.original
  end
end

return M
