-- Functions with a pool of workers. A short call runs in the caller's lane, where it costs least. A call that takes longer than a
-- moment is ended by the epoch and made again in another lane, and so are all later ones: they run beside each other and hold
-- nobody up. The mistake costs a moment, once; a guest on the direct path does nothing outside its own memory.

local away = require 'lua.away'
local errors = require 'lua.errors'
local finish = require 'lua.abi.finish'
local intermediate = require 'lua.intermediate'

local select = select

local M = {}

-- How many epochs a call may take in the caller's lane.
local MOMENT = 2

local function failed(id, kind, message) return nil, errors.make { message = message, kind = kind, entry = id } end

-- The function that makes calls in other lanes. `entry` is what the host says of it, `result` the WIT type of its value or nil.
function M.far(entry, host, result)
  local id = entry.id
  local function cancel(number) host.recall(number) end
  return function(...)
    local args, why = intermediate.encode_all(select('#', ...), ...)
    if not args then return failed(id, errors.kinds.INVALID, ('%s: %s'):format(id, why)) end
    local in_time, value, problem = away.call(function(number) host.dispatch(number, id, args, entry.workers) end, cancel, id, entry.limit_ms)
    if not in_time then
      return nil, errors.make {
        message = ('%s: took longer than its limit of %g ms'):format(id, entry.limit_ms), kind = errors.kinds.TIMEOUT, entry = id, retryable = true,
      }
    end
    if problem then return nil, intermediate.decode(problem) end
    value = intermediate.decode(value)
    if result and value ~= nil then value = finish(result, value) end
    return value
  end
end

-- A guest's function: `near(...)` runs it here under a limit of `E.ticks` epochs and sets `E.interrupted` when that ended it;
-- `plain(...)` runs it here without.
function M.guest(E, near, plain, far)
  local long = false
  E.ticks = MOMENT
  return function(...)
    if not long then
      if not away.possible() then return plain(...) end
      local value, problem = near(...)
      if not E.interrupted then return value, problem end
      long = true
    end
    if not away.possible() then return plain(...) end
    return far(...)
  end
end

return M
