-- What an id stands for, once its code is there: what takes long to compile is compiled by another process, and the task waits.

local buffer = require 'string.buffer'
local away = require 'lua.dispatcher.away'
local clock = require 'lua.dispatcher.clock'
local errors = require 'lua.values.errors'

local M = {}

---@param entry border.Compiling
local function late(id, entry)
  local more = { entry = id, retryable = true }
  return errors.late(id, entry.limit_ms, more, 'its code is still being compiled')
end

-- Waits for `ms` milliseconds at most (nil: no limit): gives what the host says, or nil when the time is up.
local function wait(host, id, number, ms)
  if not away.possible() then
    ---@type border.Nothing|border.Failure|border.Late
    local outcome = buffer.decode(host.finish_compiling(number, ms))
    return not outcome.late and outcome or nil
  end
  local in_time, outcome, refused = away.call(function(ticket)
    ---@type border.Failure?
    local answer = buffer.decode(host.await_compiling(ticket, number))
    if answer and answer.failed then return answer end
  end, function(ticket, problem) host.leave_compiling(ticket, problem ~= nil) end, id, ms)
  return in_time and (outcome or refused) or nil
end

--- Gives what the host says of an id, as lua/calls/entries.py describes it, once its code is there; or nil, err. The wait is part of the
--- call: it has the entry's limit.
---@param host table
---@param id string
---@return border.Loaded?
---@return any began when the wait began, nil where there was none; or the error
function M.load(host, id)
  local began, waited = clock.monotonic(), false
  while true do
    ---@type border.Loaded
    local entry = buffer.decode(host.load(id))
    if not entry.compiling then return entry, waited and began or nil end
    waited = true
    ---@type border.Nothing|border.Failure|nil
    local outcome = wait(host, id, entry.compiling, entry.limit_ms and entry.limit_ms - (clock.monotonic() - began) / 1e6)
    if not outcome then return nil, late(id, entry) end
    if outcome.failed then
      return nil, errors.make { message = ("the entry %s can't be used: %s"):format(id, outcome.message), kind = outcome.kind, entry = id }
    end
  end
end

--- Gives what the host says of an id, without a wait; or nil when its code is still to be compiled, which begins.
---@param host table
---@param id string
---@return border.Loaded?
function M.peek(host, id)
  ---@type border.Loaded
  local entry = buffer.decode(host.load(id))
  if not entry.compiling then return entry end
  -- The next call waits for the same compilation.
  host.finish_compiling(entry.compiling, 0)
end

return M
