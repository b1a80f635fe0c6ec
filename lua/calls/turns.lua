-- How a call of a guest is made that may turn out long, so that it never holds its lane:
-- 1. A function of which nothing is known, or that was long, is called on a fiber. It runs in its lane for some milliseconds; is it
--    still computing then, it goes on elsewhere (lua/calls/elsewhere.lua), on the same instance: nothing is done twice, nothing is lost.
-- 2. Where its instance can't move (a pool of type `inline`, functions of the host that are Lua) it gives way instead: it goes on here
--    in turns with all else that can run.
-- 3. A function that was short many times in a row, of a guest without resources, is called synchronously, which costs tens of nanoseconds
-- and can't be left. Should
--    such a call turn out long while others wait for the lane, it is ended as by a trap and made again by rule 1 or 2; it takes many more
--    short calls until the function is called so again. One that nobody waits for goes on.
-- 4. A function that provably ends soon (host/wasm/plan/brief.py) is always called synchronously.
-- What the calls of a function were is kept in its E, which is the lane's: `short` (rule 3 holds), `long` (its last call left the
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
local lane, states = epochs.lane, epochs.states

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
function M.is_repeatable(P) return not P.resources[1] and (not P.linker or P.repeatable) end

--- What E keeps of its calls; `moves` tells whether its instances may be run by another thread.
function M.equip(E, moves)
  E.short, E.long, E.quick, E.hasty, E.moves = false, false, 0, 0, moves
  E.enough = M.is_repeatable(E.P) and ENOUGH or math.huge
  E.P.out = E.P.out or 0
end

local poll = entrances.poll

-- Lets the guest compute for a turn; tells whether its call has ended.
local function turn(I, future, began)
  local from = system()
  local ready
  running.enter(I)
  lane.state = states.FIBER
  repeat
    ready = poll(future)
  until ready or computed() - began >= TURN or system() - from >= MOST_TURN
  if not ready then dispatcher.note_turn() end
  return ready
end

local function finish(B, future, trap)
  B.I.future = nil
  wasmtime.C.wasmtime_call_future_delete(future)
  local failure = fibers.outcome(true, B.results, B.io, B.out, trap)
  return true, failure ~= nil or trap[0] ~= nil, failure
end

-- Notes a call that has ended in its first turn.
local function note_here(E, took)
  E.long, E.hasty = false, 0
  E.quick = took < SHORT_NS and E.quick + 1 or floor(E.quick / 2)
  if E.quick >= E.enough then
    E.short, E.quick = true, 0
  end
end

local function note_elsewhere(E, took)
  E.hasty = took < HASTY_NS and E.hasty + 1 or 0
  if E.hasty >= HASTY then
    E.long, E.hasty = false, 0
  end
end

-- Goes on with a call that is long, until it has ended: gives nothing, or why it was stopped.
local function go_on(E, I, future, limit)
  if E.moves and elsewhere.possible() then return elsewhere.finish(I, future, limit, E.id) end
  repeat
    local problem = dispatcher.give_way 'funcs.call'
    if I.future ~= future then return fibers.gone() end
    if problem then return problem end
    if limit and monotonic() >= limit then return dispatcher.LATE end
  until turn(I, future, computed())
end

--- Runs the binding's function with the arguments in B.io, until `limit` (monotonic nanoseconds, or nil), as fibers.run does: gives
-- true, whether it has failed, and what Wasmtime reports, the trap in `trap`; or false and why it was stopped.
function M.run(B, limit, trap, E)
  local I, P = B.I, B.I.P
  if not B.args then fibers.equip(B, B.params, B.results_of) end
  local args, io = B.args, B.io
  for i = 0, B.count - 1 do
    args[i].of.u64 = io[i].u64
  end
  local began, from = computed(), system()
  wasmtime.C.wasmtime_context_set_epoch_deadline(B.ctx, 1)
  local future = wasmtime.C.wasmtime_func_call_async(B.ctx, B.func, args, B.count, B.results, B.size, B.out, B.out + 1)
  I.future = future
  -- Where nobody else waits for the lane a turn here costs less than the way elsewhere.
  if not (E.long and E.moves and lane.others ~= 0 and elsewhere.possible()) then
    if turn(I, future, began) then
      note_here(E, computed() - began)
      return finish(B, future, trap)
    end
    E.short, E.long, E.quick = false, true, 0
  end
  -- Until the call is over, or the instance has ended, nobody may call it synchronously.
  I.out, P.out = true, P.out + 1
  local problem = go_on(E, I, future, limit)
  if problem then return false, problem end
  I.out, P.out = nil, P.out - 1
  note_elsewhere(E, system() - from)
  return finish(B, future, trap)
end
jit.off(M.run)

-- After a call that was ended because it is long.
local function interrupted(E)
  E.interrupted, E.short, E.long, E.quick = false, false, true, 0
  E.enough = min(16 * E.enough, MOST_ENOUGH)
  counted.again(E.id)
end

-- Where nothing can wait, the one instance of a component with resources can't be waited for.
local function busy(E)
  return errors.make {
    message = ("%s: its instance is in another call, which can't be waited for here"):format(E.sig.name),
    kind = errors.kinds.UNAVAILABLE,
    entry = E.id,
  }
end

-- Functions that may be called on a fiber -> what makes a short call of them at once, see M.guest.
M.attempts = setmetatable({}, { __mode = 'k' })

--- A guest's function. `make` has functions that make the ways to call it when they are needed: `slow`, by rule 1 or 2; `near`, by
-- rule 3, or false where that can't be; `plain`, synchronously, where no task runs that could wait.
function M.guest(E, make)
  local P, slow, near, plain = E.P, nil, nil, nil

  local function call_slow(...)
    slow = slow or make.slow()
    return slow(...)
  end

  local function call_plain(...)
    if P.out > 0 and P.resources[1] then return nil, busy(E) end
    plain = plain or make.plain()
    return plain(...)
  end

  local function call(...)
    if not current() then return call_plain(...) end
    if E.short and P.out == 0 then
      near = near or make.near()
      local value, problem = near(...)
      if not E.interrupted then
        if problem == nil then return value end
        return nil, problem
      end
      interrupted(E)
    end
    return call_slow(...)
  end

  -- Gives true, the value and the error of a call that need not wait; or false, and the call is still to be made.
  M.attempts[call] = function(...)
    if not E.short or P.out > 0 then return false end
    near = near or make.near()
    local value, problem = near(...)
    if not E.interrupted then return true, value, problem end
    interrupted(E)
    return false
  end

  return call
end

return M
