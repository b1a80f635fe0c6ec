-- The call path from a name to a guest: finds what an id stands for once, then a call is one table look-up and the
-- generated function. Host and Lua meet here: `load` (lua/calls/entries.py) describes an entry, everything else happens in Lua.

local buffer = require 'string.buffer'
local away = require 'lua.dispatcher.away'
local callables = require 'lua.calls.callables'
local callbacks = require 'lua.lane.ask'
local clock = require 'lua.dispatcher.clock'
local compiling = require 'lua.calls.compiling'
local counted = require 'lua.pools.counted'
local deadline = require 'lua.pools.deadline'
local dispatcher = require 'lua.dispatcher.dispatcher'
local elsewhere = require 'lua.calls.elsewhere'
local epochs = require 'lua.wasmtime.epochs'
local errors = require 'lua.values.errors'
local finish = require 'lua.abi.finish'
local generate = require 'lua.abi.generate'
local guests = require 'lua.calls.hooks'
local handles = require 'lua.guest.handles'
local instances = require 'lua.guest.instance'
local intermediate = require 'lua.values.intermediate'
local library = require 'lua.wasmtime.library'
local optional = require 'lua.values.optional'
local pools = require 'lua.pools.pools'
local providers = require 'lua.imports.providers'
local reports = require 'lua.guest.reports'
local running = require 'lua.guest.running'
local signatures = require 'lua.abi.signatures'
local turns = require 'lua.calls.turns'
local upkeep = require 'lua.guest.upkeep'
local workers = require 'lua.calls.workers'

local M = {}

local bound = {} -- id -> function
local distant = {} -- ids of guests that may be called in other lanes
local warmed = {} -- id -> those of its E that get an instance before they are called

-- The functions that never wait: guests that provably end soon.
M.immediate = {}

-- The pools of those that may wait.
M.pool_of = {}

local plans = {} -- plan key -> prepared plan
local host -- the Python functions of lua/calls/entries.py and lua/lane/lane.py by name, set by `setup`

local failure, from_report, max = reports.failure, reports.of_guest, math.max
local current, LATE = dispatcher.current, dispatcher.LATE
local hooks = guests.hooks

local methods = {} -- plan key -> export path -> function

local function too_large(id, why)
  return failure(
    errors.kinds.UNAVAILABLE,
    ("the entry %s can't be called: its signature is too large (%s); pass fewer parameters, in a record, or fewer cases"):format(id, why),
    { entry = id }
  )
end

-- The ways to call an export that can't wait for anything outside: see lua/calls/turns.lua. They are made when they are first needed, so
-- that a signature which is too large is an error of the call.
local function in_turns(E, P, entry, compile)
  local states, limit = epochs.states, E.limits.limit_ticks
  E.counts = pools.of(E.id).counts
  if E.lift.brief and not P.linker and not P.resources[1] then
    local f = counted.guest(E, compile('plain', limit))
    M.immediate[f] = true
    return f
  end
  local function made(...)
    local done, f = pcall(compile, ...)
    if done then return f end
    if type(f) ~= 'table' or not f.too_large then error(f, 0) end
    return function() return nil, too_large(E.id, f.too_large) end
  end
  turns.equip(E, entry.pool.type ~= 'inline' and not P.linker)
  return counted.whole(turns.guest(E, {
    slow = function() return counted.waiting(E.id, made(P.linker and 'hosted_turns' or 'turns')) end,
    near = turns.is_repeatable(P)
      and function() return counted.guest(E, made(P.linker and 'hosted' or 'plain', 1, limit and states.LIMITED or states.SHORT)) end,
    plain = function() return counted.guest(E, made(P.linker and 'hosted' or 'plain', limit or 'NO_LIMIT', states.BOUND)) end,
  }))
end

-- Makes the function for an export.
local function direct(entry, P, lift, fresh)
  local limits = {
    limit_ms = entry.limit_ms,
    limit_ticks = entry.limit_ticks,
    limit_bytes = entry.limit_bytes,
    limit_elements = entry.limit_elements,
    limit_stack = entry.limit_stack,
  }
  local E = { id = entry.id, P = P, lift = lift, sig = signatures.link(lift.signature), fresh = fresh, limits = limits }
  E.err_is_variant = signatures.err_is_variant(E.sig)
  E.failed = function(report) return from_report(E, report) end
  E.worldly = entry.worldly
  E.pool, E.computed = pools.of(entry.id, entry.workers or entry.pool.bound, entry.pool.room), 0
  local function compile(mode, limit, state)
    return (
      generate.compile(E.sig, {
        fresh = fresh,
        pair = entry.results ~= 'table',
        post = lift.post and (lift.post_leaf and 'leaf' or 'calls'),
        resources = P.resources[1] ~= nil,
        limit = limit,
        state = state,
        mode = mode,
        leaf = lift.leaf,
        gated = P.gated,
        results = #lift.results,
      }, hooks, E)
    )
  end
  local f = P.waits and compile 'waits' or in_turns(E, P, entry, compile)
  upkeep.add(E, entry.pool)
  if entry.pool.warm then
    warmed[E.id] = warmed[E.id] or {}
    table.insert(warmed[E.id], E)
  end
  M.last = E -- what benchmarks and tests look at
  return f, E
end

-- Has another thread make a call, while other tasks of the lane go on; gives the encoded answer, or nil when `ms` milliseconds have
-- passed (nil: no limit but the host's own).
local function hand_over(target, args, ms)
  if not away.possible() then return host.call(target, args) end
  -- A call that nobody waits for any more may go on: a guest that is asleep in there can't be woken.
  local in_time, answer, problem = away.call(
    function(number) return callbacks.start(number, target, args) end,
    function(number) host.forsake(number) end,
    target:match '^[^|]*',
    ms
  )
  if not in_time then return nil end
  if problem then return buffer.encode { failed = true, kind = problem:kind(), message = problem:message() } end
  return answer
end

-- Makes a call of E in its pool: gives the encoded answer, or nil when its time is up. The host counts the limit from where it begins,
-- and knows what the guest was in; of one that has waited before, for its code or in the pool, less is left.
local function within(E, pool, target, args)
  local limit, earlier = deadline.of(E.id, E.limits.limit_ms)
  local stay, problem, queued = pools.enter(pool, limit)
  if not stay then
    if problem == LATE then return nil end
    error(problem, 0)
  end
  return pools.leaving(
    stay,
    pcall(hand_over, target, args, limit and (earlier or queued) and max((limit - clock.monotonic()) / 1e6, 0) or nil)
  )
end

local function compatible(entry)
  local sig = signatures.link(entry.signature)
  local E = { id = entry.id, sig = sig, err_is_variant = signatures.err_is_variant(sig), limits = { limit_ms = entry.limit_ms } }
  local pool = pools.of(entry.id, entry.pool.bound, entry.pool.room)
  local fits = generate.compile_check(sig, hooks)
  local pair = entry.results ~= 'table'
  return function(...)
    hooks.drain()
    handles.begin(E)
    if not fits(...) then return hooks.refuse(E, #sig.params, ...) end
    handles.leasing = true
    local args, err = intermediate.encode_all(select('#', ...), ...)
    handles.leasing = false
    if not args then return nil, failure(errors.kinds.INVALID, ('%s: %s'):format(sig.name, err), { entry = E.id }) end
    local encoded = within(E, pool, entry.target, args)
    if not encoded then return nil, reports.late(E) end
    local answer = intermediate.decode(encoded)
    if answer.failed then
      return nil,
        failure(answer.kind, answer.message, { entry = E.id, func = sig.name, wasm_backtrace = answer.backtrace, details = answer.details })
    end
    local value = answer.value
    if not sig.result then return nil end
    value = finish(sig.result, value)
    if sig.result.kind == 'result' and pair then
      if value.err ~= nil then
        if not sig.result.err then return nil, hooks.guest_error(E, nil) end
        return nil, hooks.guest_error(E, value.err)
      end
      value = value.ok
      if not sig.result.ok or value == optional.none then return nil end
    end
    return value
  end
end

local lease_methods = {} -- target -> function

local function method_of_lease(state, name)
  ---@type border.CompatibleEntry?
  local entry = buffer.decode(host.lease_method(state.lease, name))
  if not entry then return nil end
  local known = lease_methods[entry.target]
  if not known then
    known = compatible(entry)
    lease_methods[entry.target] = known
  end
  return known
end

-- The function for a handle's method: found by its WIT name, `_` standing for `-`.
local function method_of(state, name)
  if type(name) ~= 'string' then return nil end
  if state.lease then return method_of_lease(state, (name:gsub('_', '-'))) end
  local P = state.I.P
  local resource = P.resources[state.resource]
  local path = (resource.interface and resource.interface .. '#' or '') .. ('[method]%s.%s'):format(resource.name, (name:gsub('_', '-')))
  local known = methods[P.key]
  if not known then
    known = {}
    methods[P.key] = known
  end
  if known[path] == nil then
    ---@type border.Lift?
    local lift = buffer.decode(host.method(P.key, path))
    known[path] = lift and direct(P.entry, P, lift, false) or false
  end
  return known[path] or nil
end

local function resolve_wasm(entry)
  library.open(host)
  local P = plans[entry.plan.key]
  if not P then
    P = require('lua.guest.plan').prepare(entry.plan)
    for i, resource in ipairs(entry.plan.resources or {}) do
      P.resources[i] = resource
    end
    providers.equip(P, entry.plan)
    -- Methods of its resources follow the entry that was called first.
    P.entry = entry
    plans[entry.plan.key] = P
  end
  local f, E = direct(entry, P, entry.lift, entry.fresh)
  -- A handle works in one lane only, so functions of components with resources stay in theirs.
  if not P.waits or not entry.workers or P.resources[1] then return f end
  local result = E.sig.result
  if result and result.kind == 'result' and entry.results ~= 'table' then result = result.ok end
  distant[entry.id] = true
  return counted.whole(workers.watched(E, counted.waiting(entry.id, f), workers.far(entry, host, result)))
end

local resolvers = { wasm = resolve_wasm, compatible = compatible, python = callables.bind }

-- A kind of entry that Lua runs: `resolve(entry)` gives a function or nil, err.
function M.provide(kind, resolve) resolvers[kind] = resolve end

-- Gives the function of an id that was found before, or nil.
function M.known(id) return bound[id] end

-- Makes the function of an id that the host says this of; gives it, or nil, err.
local function bind(id, entry)
  -- Another task may have waited for the same.
  if bound[id] then return bound[id] end
  if entry.failed then return nil, failure(entry.kind, entry.message, { entry = id }) end
  local made, f, err = pcall(resolvers[entry.resolver], entry)
  if not made then
    if type(f) ~= 'table' or not f.too_large then error(f, 0) end
    return nil, too_large(id, f.too_large)
  end
  if not f then return nil, err end
  if not M.immediate[f] then
    f = counted.waiting(id, f)
    M.pool_of[f] = pools.of(id)
  end
  bound[id] = f
  return f
end

local function no_id(id) return failure(errors.kinds.INVALID, ('funcs.call: expected the id of a function, got %s'):format(type(id))) end

-- Finds what `id` stands for; gives its function, nil, and when the wait for its code began, nil where there was none; or nil, err.
function M.resolve(id)
  local f = bound[id]
  if f then return f end
  if type(id) ~= 'string' then return nil, no_id(id) end
  local entry, began = compiling.load(host, id)
  if not entry then
    counted.alone(id, began)
    return nil, began
  end
  local err
  f, err = bind(id, entry)
  return f, err, began
end

--- Finds what `id` stands for, without a wait: gives its function; nil, err; or nothing, when its code is still to be compiled.
function M.find(id)
  local f = bound[id]
  if f then return f end
  if type(id) ~= 'string' then return nil, no_id(id) end
  local entry = compiling.peek(host, id)
  if entry then return bind(id, entry) end
end

-- Finds what `id` stands for and makes its first instance, here and in a first worker. What is wrong is told to who calls it.
function M.warm(id)
  if not M.resolve(id) then return end
  for _, E in ipairs(warmed[id] or {}) do
    upkeep.warm(E)
  end
  warmed[id] = nil
  if host.workers and distant[id] then workers.warm(id, host) end
end

local function over(task, ...)
  deadline.clear(task)
  return ...
end

local function cold(id, ...)
  local f, err, began = M.resolve(id)
  if not f then return nil, err end
  local task = began and current()
  if not task then return f(...) end
  deadline.set(task, id, began)
  return over(task, f(...))
end

-- funcs.call: gives value, or nil and an error value; never raises.
function M.call(id, ...)
  local f = bound[id]
  if f then return f(...) end
  return cold(id, ...)
end

-- Has every id looked up anew at its next call, here and in the lane's workers, because the registry has changed. Instances at rest
-- end; those that run, or whose handles a script holds, go on.
function M.forget()
  bound, distant, plans, methods = {}, {}, {}, {}
  hooks.drain()
  for _, I in pairs(instances.all) do
    if I.live == 0 and guests.rests(I) then guests.discard(I) end
  end
  workers.forget()
end

-- Frees every instance of the lane.
function M.close()
  hooks.drain()
  for _, I in pairs(instances.all) do
    instances.delete(I)
  end
  -- Requests of guests that have ended with them.
  if running.exchanges then running.exchanges.drain() end
  bound, distant, plans, methods = {}, {}, {}, {}
  require('lua.guest.linking').close()
end

--- Sets the host's functions, and the modules of the standard library, which libraries that answer imports may require.
function M.setup(given, modules)
  host = given
  providers.setup(modules, M.call)
  callables.setup(given)
  counted.watch(hooks, instances)
  upkeep.watch(hooks, guests.discard)
  guests.setup(given)
  reports.setup(given)
  elsewhere.setup(given)
  require('lua.calls.from_guests').setup(M.call)
  handles.setup(
    method_of,
    function(report) error(failure(errors.kinds.INTERNAL, report.reason, { wasm_backtrace = report.frames }), 0) end,
    given.end_lease,
    guests.discard,
    function(made, called) return buffer.decode(given.difference(made, called)) end
  )
end

return M
