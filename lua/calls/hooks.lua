-- Instances for calls: what generated code (lua/abi/generate.lua) asks for before, during and after a call of a guest.

local bindings = require 'lua.guest.binding'
local buffer = require 'string.buffer'
local deadline = require 'lua.pools.deadline'
local dispatcher = require 'lua.dispatcher.dispatcher'
local entrances = require 'lua.wasmtime.entrances'
local epochs = require 'lua.wasmtime.epochs'
local errors = require 'lua.values.errors'
local explain = require 'lua.abi.explain'
local fibers = require 'lua.guest.fibers'
local generate = require 'lua.abi.generate'
local handles = require 'lua.guest.handles'
local instances = require 'lua.guest.instance'
local mappings = require 'lua.wasmtime.mappings'
local pools = require 'lua.pools.pools'
local printing = require 'lua.guest.printing'
local reports = require 'lua.guest.reports'
local running = require 'lua.guest.running'
local trap = require 'lua.wasmtime.trap'
local stack = require 'lua.guest.stack'
local turns = require 'lua.calls.turns'

local M = {}

local host -- the Python functions of lua/calls/entries.py by name, set by `setup`
local support = generate.support
local failure, from_report = reports.failure, reports.of_guest
local LATE = dispatcher.LATE

-- Tells whether an instance waits in a pool for its next call.
function M.rests(I)
  if I.busy then return false end
  for home in pairs(I.homes) do
    local B = home.idle
    while B do
      if B.I == I then return true end
      B = B.next
    end
  end
  return false
end

-- Ends an instance after a failure and takes it out of the pools that it rests in.
function M.discard(I)
  instances.delete(I)
  if I.stay then pools.leave(I.stay) end
  I.stay = nil
  if I.P.resident == I then I.P.resident = nil end
  for home in pairs(I.homes) do
    local before, B = nil, home.idle
    while B do
      if B.I == I then
        if before then
          before.next = B.next
        else
          home.idle = B.next
        end
      else
        before = B
      end
      B = B.next
    end
  end
end

--- What generated code calls.
M.hooks = {
  holds = handles.holds,
  lend = handles.lend,
  give = handles.give,
  take = handles.take,
  begin = handles.begin,
  owner = handles.owner,
}
local hooks = M.hooks

function hooks.drain()
  -- Methods of handles come here, too.
  if stack.on then stack.leave() end
  if handles.pending() then handles.drain() end
end

-- The folders that instances of E get (lua/wasi/files/open.lua); or nil, err.
local function folders(E)
  ---@type border.Folders|border.Failure
  local given = buffer.decode(host.folders(E.id))
  if given.failed then return nil, failure(given.kind, given.message, { entry = E.id }) end
  return given
end

-- What a call of E that is made now sees of the world, and the same as text; false when that is the text `before`; or nil, err.
local function world_of(E, before)
  local seen = host.world(E.id)
  if seen == before then return false end
  ---@type border.SeenWorld|border.Failure
  local world = buffer.decode(seen)
  if world.failed then return nil, failure(world.kind, world.message, { entry = E.id }) end
  return world, seen
end

-- An instance for a call of E, or nil, err. All entries of a component with resources share one instance, because a handle
-- works only where it was made and is to be passed from one entry to another.
function hooks.make(E)
  hooks.drain()
  local P = E.P
  local I, report = not E.fresh and P.resident, nil
  local made = not I
  if made then
    if P.waits then
      local room, most = mappings.take(P.small)
      if not room then
        return nil,
          failure(
            errors.kinds.UNAVAILABLE,
            (
              '%s: no more guests can wait at once in this process, which may have %d memory mappings: '
              .. 'try again when some are done, or raise vm.max_map_count'
            ):format(E.sig.name, most),
            { entry = E.id, retryable = true }
          )
      end
    end
    local files, world, seen
    if E.worldly and P.linker then
      world, seen = world_of(E)
      if not world then return nil, seen end
    end
    if P.files then
      local problem
      files, problem = folders(E)
      if not files then return nil, problem end
    end
    I, report = instances.new(P, E.limits, world, files, E.id)
    if I then
      I.seen, I.maker = seen, E.id
    end
  end
  if I then
    local B
    B, report = bindings.bind(I, E.lift)
    if B then
      I.fresh = E.fresh
      I.homes[E] = true
      if made and not E.fresh and P.resources[1] then P.resident = I end
      return B
    end
    if made then instances.delete(I) end
  end
  return nil, from_report(E, report)
end

-- Ends the instance of an inline call, unless the script holds a resource of it.
function hooks.dispose(B)
  if B.I.live == 0 then instances.delete(B.I) end
end

-- After a call on the instance of a handle: one that was made for a single call ends with its last handle.
function hooks.release(B)
  if B.I.fresh and B.I.live == 0 then instances.delete(B.I) end
end

-- Guests with functions of the host -----------------------------------------------------------------------------------

-- Lets the guest see what a call of E made now sees of the world: gives true, and whether it saw something else before; or nil, err.
local function look(E, I)
  if not E.worldly then return true end
  local world, seen = world_of(E, I.seen)
  if world == nil then return nil, seen end
  if not world then return true, false end
  local changed = I.seen ~= nil
  I.world, I.seen = world, seen
  return true, changed
end

-- Before and after a call that can't wait; `enter` gives an error or nil.
function hooks.enter(E, B)
  local ready, err = look(E, B.I)
  if not ready then return err end
  running.enter(B.I)
end

function hooks.leave(I)
  if I.written then printing.flush(I, true) end
  if I.busy then fibers.leave(I) end
end

hooks.call_hosted = entrances.call

local function limit_of(E) return (deadline.of(E.id, E.limits.limit_ms)) end

-- Guests that wait: an instance is in one call at a time.

local function leave_pool(I)
  local stay = I.stay
  I.stay = nil
  if stay then pools.leave(stay) end
end

local function inside(E)
  return failure(
    errors.kinds.INTERNAL,
    (
      '%s: it is called from within a call of its own component, '
      .. 'whose resources all belong to one instance, which takes one call at a time'
    ):format(E.sig.name),
    { entry = E.id }
  )
end

-- Finds an instance for a call of E that has its place in the pool: B, nil, whether it waited; nil, an error; or nil, nil and a
-- problem to be raised.
local function find(E, limit)
  local waited = false
  while true do
    local B = E.idle
    if B then
      E.idle = B.next
    else
      local err
      B, err = hooks.make(E)
      if not B then return nil, err end
    end
    local problem, had_to = fibers.enter(B.I, limit)
    if problem == LATE then return nil, reports.late(E) end
    if problem == fibers.INSIDE then return nil, inside(E) end
    if problem then return nil, nil, problem end
    waited = waited or had_to
    B.I.limit = limit
    -- The call before may have ended it.
    if B.I.store ~= nil then
      local ready, changed
      ready, changed = look(E, B.I)
      if not ready then
        hooks.give_back(E, B)
        return nil, changed
      end
      -- A guest's library reads its variables once: who sees others gets an instance that has not, unless a handle keeps this one.
      if not changed or B.I.live > 0 then return B, nil, waited end
      fibers.leave(B.I)
      M.discard(B.I)
    end
  end
end

-- Before arguments are lowered into an instance: its realloc can't give way.
local function about_to_enter(B, limit)
  running.enter(B.I)
  if not B.I.asynchronous then epochs.alone(B.ctx, limit) end
end

-- An instance for a call of E that may have to wait for it: B, nil, whether it waited; or nil, err.
function hooks.acquire(E)
  local limit = limit_of(E)
  local stay, problem, queued = pools.enter(E.pool, limit)
  if not stay then
    if problem == LATE then return nil, reports.late(E) end
    error(problem, 0)
  end
  local B, err, more = find(E, limit)
  if B then
    B.I.stay = stay
    about_to_enter(B, limit)
    return B, nil, more or queued
  end
  pools.leave(stay)
  if not err then error(more, 0) end
  return nil, err
end

-- As `acquire`, for the instance of a handle: gives err or nil, and whether it waited.
function hooks.reach(E, B)
  local limit = limit_of(E)
  local problem, waited = fibers.enter(B.I, limit)
  if problem == LATE then return reports.late(E) end
  if problem == fibers.INSIDE then return inside(E) end
  if problem then error(problem, 0) end
  if B.I.store == nil then
    return failure(
      errors.kinds.INVALID,
      ('%s: the instance of a resource that it was given has ended'):format(E.sig.name),
      { entry = E.id }
    )
  end
  B.I.limit = limit
  local ready, err = look(E, B.I)
  if not ready then
    fibers.leave(B.I)
    return err
  end
  about_to_enter(B, limit)
  return nil, waited
end

function hooks.give_back(E, B)
  leave_pool(B.I)
  fibers.leave(B.I)
  if E.fresh then
    hooks.dispose(B)
  elseif E.P.resources[1] then
    -- The one that all calls share, and that several may give back.
    E.idle, B.next = B, nil
  else
    B.next = E.idle
    E.idle = B
  end
end

-- Runs the call whose arguments are in B.io: gives true, whether it has failed and what Wasmtime reports, or false and an error.
function hooks.run(E, B)
  local I, done, why, reported = B.I
  if I.asynchronous then
    done, why, reported = fibers.run(B, I.limit, support.trap)
    if I.computed > E.computed then E.computed = I.computed end
  else
    done, why, reported = turns.run(B, I.limit, support.trap, E)
    -- What lifts the result and cleans up after it can't give way.
    if done then epochs.alone(B.ctx, I.limit) end
  end
  if done then return true, why, reported end
  M.discard(B.I)
  if why == LATE then return false, reports.late(E) end
  if errors.is_error(why) and why:kind() ~= errors.kinds.CANCELED then return false, why end
  error(why, 0)
end

function hooks.leaf_post(B) return fibers.leaf_post(B, support.trap) end

function hooks.run_post(B) return fibers.alone(B.I, B.post, B.io, B.alone, '', support.trap) end

function hooks.call_realloc(_, realloc, io, _, out) return fibers.alone(running.instance, realloc, io, 'iiiii', 'i', out) end

hooks.call_leaf = fibers.leaf

function hooks.fail(E, B, reported)
  if B.I.written then printing.flush(B.I, true) end
  local trapped, bytes = support.trap[0], E.limits.limit_bytes and instances.memory_bytes(B.I) or nil
  support.trap[0] = nil
  if epochs.was_interrupted() then E.interrupted = true end
  -- First of all: to read the report may end the code that runs, where a script's limit has passed.
  M.discard(B.I)
  local report = trap.take(reported, trapped)
  report.bytes, report.raised = bytes, B.I.raised
  return nil, from_report(E, report)
end

function hooks.broken(E, B, what)
  M.discard(B.I)
  return nil,
    failure(
      errors.kinds.INTERNAL,
      ('%s: the guest broke the canonical ABI: %s'):format(E.sig.name, what),
      { entry = E.id, func = E.sig.name }
    )
end

-- Arguments that do not fit: either trailing options were left out, or the caller learns why.
function hooks.refuse(E, count, ...)
  local given = select('#', ...)
  if given <= count then
    while given > 0 and (select(given, ...)) == nil do
      given = given - 1
    end
  end
  return nil, failure(errors.kinds.INVALID, explain.sentence(E.sig, given, ...), { entry = E.id })
end

-- The err side of a result as an error value.
function hooks.guest_error(E, payload)
  local message
  if type(payload) == 'string' then
    message = payload
  elseif type(payload) == 'table' then
    message = type(payload.message) == 'string' and payload.message or nil
    local case = next(payload)
    if not message and E.err_is_variant and type(case) == 'string' then message = case end
  end
  return failure(
    errors.kinds.UNKNOWN,
    message or ('%s returned an error'):format(E.sig.name),
    { details = payload, entry = E.id, func = E.sig.name }
  )
end

function M.setup(given) host = given end

return M
