-- How a call of a guest is made that may turn out long, so that it never holds its lane:
-- 1. A function of which nothing is known, or that was long, is called on a fiber. It runs in its lane for some milliseconds; is it
--    still computing then, it goes on elsewhere (lua/calls/elsewhere.lua), on the same instance: nothing is done twice, nothing is lost.
-- 2. Where its instance can't move (a pool of type `inline`, functions of the host that are Lua) it gives way instead: it goes on here
--    in turns with all else that can run.
-- 3. A function that was short many times in a row, of a guest without resources, is called synchronously: that costs tens of
--    nanoseconds, and such a call can't be left. Should it turn out long while others wait for the lane, it is ended as by a trap and made
--    again by rule 1 or 2; many more short calls are needed until the function is called so again. If nobody waits, the call goes on.
-- 4. A function that provably ends soon (host/wasm/plan/brief.py) is always called synchronously.
-- What the calls of a function were is kept in its target, which is the lane's: `short` (rule 3 holds), `long` (its last call left the
-- lane, so the next one goes elsewhere at once), `quick` and `hasty` (how many short calls in a row speak against either), `enough`.

local clock = require 'lua.dispatcher.clock'
local counted = require 'lua.pools.counted'
local dispatcher = require 'lua.dispatcher.dispatcher'
local elsewhere = require 'lua.calls.elsewhere'
local entrances = require 'lua.wasmtime.entrances'
local epochs = require 'lua.wasmtime.epochs'
local errors = require 'lua.values.errors'
local fibers = require 'lua.guest.fibers'
local running = require 'lua.guest.running'
local wasmtime = require 'lua.wasmtime.api'

local floor, min = math.floor, math.min
local current, computed, monotonic, system = dispatcher.current, clock.computed, clock.monotonic, clock.system
local notice, states = epochs.notice, epochs.states

local M = {}

-- How long a turn is, in nanoseconds: it ends with the first epoch after so much computing, or, where other processes have the
-- processor, after so much time.
local TURN, MOST_TURN = 2.5e6, 2e7

-- Calls that compute for less than this, in nanoseconds, are short; how many in a row tell so, the first time and at most.
local SHORT_NS = 1e6
local ENOUGH, MOST_ENOUGH = 100, 1e6

-- A call elsewhere that takes less than this, there and back, could have begun here; how many in a row tell so.
local HASTY_NS = 2e6
local HASTY = 4

--- Tells whether rule 3 may hold for functions of a plan: what such a guest has asked the host for leaves no trace, and scripts hold no
-- handles, which would end with the instance.
---@param plan Plan
---@return boolean
function M.is_repeatable(plan) return not plan.resources[1] and (not plan.linker or plan.repeatable) end

--- Readies what a target keeps of its calls; `moves` tells whether its instances may be run by another thread.
---@param target Target
---@param moves boolean
function M.equip(target, moves)
  target.short, target.long, target.quick, target.hasty, target.moves = false, false, 0, 0, moves
  target.enough = M.is_repeatable(target.plan) and ENOUGH or math.huge
  target.plan.out = target.plan.out or 0
end

local poll = entrances.poll

-- Lets the guest compute for a turn; tells whether its call has ended.
local function turn(instance, future, began)
  local from = system()
  local ready
  running.enter(instance)
  notice.state = states.FIBER
  repeat
    ready = poll(future)
  until ready or computed() - began >= TURN or system() - from >= MOST_TURN
  if not ready then dispatcher.note_turn() end
  return ready
end

local function finish(binding, future, trap)
  binding.instance.future = nil
  wasmtime.C.wasmtime_call_future_delete(future)
  local failure = fibers.outcome(true, binding.results, binding.io, binding.out, trap)
  return true, failure ~= nil or trap[0] ~= nil, failure
end

-- Notes a call that has ended in its first turn.
local function note_here(target, took)
  target.long, target.hasty = false, 0
  target.quick = took < SHORT_NS and target.quick + 1 or floor(target.quick / 2)
  if target.quick >= target.enough then
    target.short, target.quick = true, 0
  end
end

local function note_elsewhere(target, took)
  target.hasty = took < HASTY_NS and target.hasty + 1 or 0
  if target.hasty >= HASTY then
    target.long, target.hasty = false, 0
  end
end

-- Goes on with a call that is long, until it has ended: gives nothing, or why it was stopped.
local function go_on(target, instance, future, limit)
  if target.moves and elsewhere.possible() then return elsewhere.finish(instance, future, limit, target.id) end
  repeat
    local problem = dispatcher.give_way 'funcs.call'
    if instance.future ~= future then return fibers.gone() end
    if problem then return problem end
    if limit and monotonic() >= limit then return dispatcher.LATE end
  until turn(instance, future, computed())
end

--- Runs the binding's function with the arguments in binding.io, until `limit` (monotonic nanoseconds, or nil), as fibers.run does: gives
-- true, whether it has failed, and what Wasmtime reports, the trap in `trap`; or false and why it was stopped.
---@param binding Binding
---@param limit? number
---@param trap ffi.cdata*
---@param target Target
---@return boolean
---@return any
---@return any
function M.run(binding, limit, trap, target)
  local instance, plan = binding.instance, binding.instance.plan
  if not binding.args then fibers.equip(binding, binding.params, binding.results_of) end
  ---@type ffi.cdata*, ffi.cdata*
  local args, io = binding.args, binding.io
  for i = 0, binding.count - 1 do
    args[i].of.u64 = io[i].u64
  end
  local began, from = computed(), system()
  wasmtime.C.wasmtime_context_set_epoch_deadline(binding.ctx, 1)
  local future = wasmtime.C.wasmtime_func_call_async(
    binding.ctx,
    binding.func,
    args,
    binding.count,
    binding.results,
    binding.size,
    binding.out,
    binding.out + 1
  )
  instance.future = future
  -- Where nobody else waits for the lane a turn here costs less than the way elsewhere.
  if not (target.long and target.moves and notice.others ~= 0 and elsewhere.possible()) then
    if turn(instance, future, began) then
      note_here(target, computed() - began)
      return finish(binding, future, trap)
    end
    target.short, target.long, target.quick = false, true, 0
  end
  -- Until the call is over, or the instance has ended, nobody may call it synchronously.
  instance.out, plan.out = true, plan.out + 1
  local problem = go_on(target, instance, future, limit)
  if problem then return false, problem end
  instance.out, plan.out = nil, plan.out - 1
  note_elsewhere(target, system() - from)
  return finish(binding, future, trap)
end
jit.off(M.run)

-- After a call that was ended because it is long.
local function interrupted(target)
  target.interrupted, target.short, target.long, target.quick = false, false, true, 0
  target.enough = min(16 * target.enough, MOST_ENOUGH)
  counted.again(target.id)
end

-- Where nothing can wait, the one instance of a component with resources can't be waited for.
local function busy(target)
  return errors.make {
    message = ("%s: its instance is in another call, which can't be waited for here"):format(target.sig.name),
    kind = errors.kinds.UNAVAILABLE,
    entry = target.id,
  }
end

-- Functions that may be called on a fiber -> what makes a short call of them at once, see M.guest.
M.attempts = setmetatable({}, { __mode = 'k' })

--- A guest's function. `make` has functions that make the ways to call it when they are needed: `slow`, by rule 1 or 2; `near`, by
-- rule 3, or false where that can't be; `plain`, synchronously, where no task runs that could wait.
---@param target Target
---@param make {slow: function, near: function|false, plain: function}
---@return function
function M.guest(target, make)
  local plan, slow, near, plain = target.plan, nil, nil, nil

  local function call_slow(...)
    slow = slow or make.slow()
    return slow(...)
  end

  local function call_plain(...)
    if plan.out > 0 and plan.resources[1] then return nil, busy(target) end
    plain = plain or make.plain()
    return plain(...)
  end

  local function call(...)
    if not current() then return call_plain(...) end
    if target.short and plan.out == 0 then
      near = near or make.near()
      local value, problem = near(...)
      if not target.interrupted then
        if problem == nil then return value end
        return nil, problem
      end
      interrupted(target)
    end
    return call_slow(...)
  end

  -- Gives true, the value and the error of a call that need not wait; or false, and the call is still to be made.
  M.attempts[call] = function(...)
    if not target.short or plan.out > 0 then return false end
    near = near or make.near()
    local value, problem = near(...)
    if not target.interrupted then return true, value, problem end
    interrupted(target)
    return false
  end

  return call
end

return M
