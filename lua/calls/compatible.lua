-- Functions on the compatible path, as they are called from Lua: another thread makes the call, while other tasks of the lane go on.

local buffer = require 'string.buffer'
local away = require 'lua.dispatcher.away'
local callbacks = require 'lua.lane.ask'
local clock = require 'lua.dispatcher.clock'
local deadline = require 'lua.pools.deadline'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local finish = require 'lua.abi.finish'
local generate = require 'lua.abi.generate'
local handles = require 'lua.guest.handles'
local hooks = require 'lua.calls.hooks'
local intermediate = require 'lua.values.intermediate'
local optional = require 'lua.values.optional'
local pools = require 'lua.pools.pools'
local reports = require 'lua.guest.reports'
local signatures = require 'lua.abi.signatures'
local targets = require 'lua.guest.target'

local error, pcall, select, max = error, pcall, select, math.max
local failure = reports.failure

local M = {}

local host -- the Python functions of lua/calls/entries.py by name, set by `setup`

-- Has another thread make a call; gives the encoded answer, or nil when `ms` milliseconds have passed (nil: no limit but the host's own).
local function hand_over(name, args, ms)
  if not away.possible() then return host.call(name, args) end
  -- A call that nobody waits for any more may go on: a guest that is asleep in there can't be woken.
  local in_time, answer, problem = away.call(
    function(number) return callbacks.start(number, name, args) end,
    function(number) host.forsake(number) end,
    name:match '^[^|]*',
    ms
  )
  if not in_time then return nil end
  if problem then return buffer.encode { failed = true, kind = problem:kind(), message = problem:message() } end
  return answer
end

-- Makes a call in its pool: gives the encoded answer, or nil when its time is up. The host counts the limit from where it begins, and knows
-- what the guest was in; of one that has waited before, for its code or in the pool, less is left.
local function within(target, pool, name, args)
  local limit, earlier = deadline.of(target.id, target.limits.limit_ms)
  local stay, problem, queued = pools.enter(pool, limit)
  if not stay then
    if problem == dispatcher.LATE then return nil end
    error(problem, 0)
  end
  local ms = limit and (earlier or queued) and max((limit - clock.monotonic()) / 1e6, 0) or nil
  return pools.leaving(stay, pcall(hand_over, name, args, ms))
end

-- The value of a call, or nil and the err side of its result, from what the host gives.
local function outcome(target, value, pair)
  local result = target.sig.result
  if not result then return nil end
  value = finish(result, value)
  if result.kind ~= 'result' or not pair then return value end
  if value.err ~= nil then
    local payload
    if result.err then payload = value.err end
    return nil, hooks.guest_error(target, payload)
  end
  if not result.ok or value.ok == optional.none then return nil end
  return value.ok
end

--- Makes the function that calls an entry.
---@param entry border.CompatibleEntry
---@return function
function M.bind(entry)
  local sig = signatures.link(entry.signature)
  local target = targets.new(entry, sig, signatures.err_is_variant(sig))
  local pool = pools.of(entry.id, entry.pool.bound, entry.pool.room)
  local fits = generate.compile_check(sig, hooks)
  local pair = entry.results ~= 'table'
  return function(...)
    hooks.drain()
    handles.begin(target)
    if not fits(...) then return hooks.refuse(target, #sig.params, ...) end
    handles.leasing = true
    local args, err = intermediate.encode_all(select('#', ...), ...)
    handles.leasing = false
    if not args then return nil, failure(errors.kinds.INVALID, ('%s: %s'):format(sig.name, err), { entry = target.id }) end
    local encoded = within(target, pool, entry.target, args)
    if not encoded then return nil, reports.late(target) end
    local answer = intermediate.decode(encoded)
    if not answer.failed then return outcome(target, answer.value, pair) end
    local about = { entry = target.id, func = sig.name, wasm_backtrace = answer.backtrace, details = answer.details }
    return nil, failure(answer.kind, answer.message, about)
  end
end

--- Sets the host's functions.
---@param given table<string, function>
function M.setup(given) host = given end

return M
