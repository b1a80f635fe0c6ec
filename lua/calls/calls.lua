-- The call path from an id to a function: what the id stands for is found once, then a call is one table look-up and that function. Host
-- and Lua meet here: `load` (lua/calls/entries.py) describes an entry, everything else happens in Lua.

local buffer = require 'string.buffer'
local callables = require 'lua.calls.callables'
local cluster = require 'lua.calls.cluster'
local compiling = require 'lua.calls.compiling'
local counted = require 'lua.pools.counted'
local deadline = require 'lua.pools.deadline'
local direct = require 'lua.calls.direct'
local elsewhere = require 'lua.calls.elsewhere'
local errors = require 'lua.values.errors'
local instances = require 'lua.guest.instance'
local library = require 'lua.wasmtime.library'
local linking = require 'lua.guest.linking'
local making = require 'lua.calls.making'
local methods = require 'lua.calls.methods'
local pools = require 'lua.pools.pools'
local providers = require 'lua.imports.providers'
local reports = require 'lua.guest.reports'
local running = require 'lua.guest.running'
local turns = require 'lua.calls.turns'
local workers = require 'lua.calls.workers'

local error, ipairs, pairs, pcall, type = error, ipairs, pairs, pcall, type
local current = require('lua.dispatcher.dispatcher').current
local failure = reports.failure

local M = {}

local host -- the Python functions of lua/calls/entries.py and lua/lane/lane.py by name, set by `setup`

-- What was found --------------------------------------------------------------------------------------------------------

--- What is known of an id that can be called.
---@class Known
---@field call function
---@field immediate boolean it never waits
---@field attempt function? makes a call that is short at once (lua/calls/turns.lua)
---@field pool Pool? of one that may wait
---@field first Target? gets an instance before it is called
---@field is_distant boolean it may be called in other lanes
---@field id string it is counted by

---@return Known
local function blank(id) return { call = nil, immediate = false, attempt = nil, pool = nil, first = nil, is_distant = false, id = id } end

local bound = {} -- id -> its function: all that most calls need
local known = {} -- id -> Known
local prepared = {} -- key of a plan -> Plan

local function reset()
  bound, known, prepared = {}, {}, {}
  methods.reset()
end

-- Finding ---------------------------------------------------------------------------------------------------------------

local function plan_of(entry)
  local plan = prepared[entry.plan.key]
  if not plan then
    plan = direct.prepare(entry.plan)
    -- Methods of its resources follow the entry that was called first.
    plan.entry = entry
    prepared[entry.plan.key] = plan
  end
  return plan
end

---@param entry border.GuestEntry
---@param about Known
local function resolve_wasm(entry, about)
  library.open(host)
  local plan = plan_of(entry)
  local f, target = direct.bind(entry, plan, entry.lift, entry.fresh)
  if entry.pool.warm then about.first = target end
  -- A handle works in one lane only, so functions of components with resources stay in theirs.
  if not plan.waits or not entry.workers or plan.resources[1] or plan.tasks then return f end
  local result = target.sig.result
  if result and result.kind == 'result' and entry.results ~= 'table' then result = result.ok end
  about.is_distant = true
  return counted.whole(workers.watched(target, counted.waiting(entry.id, f), workers.far(entry, result, target.sig)))
end

local resolvers = { wasm = resolve_wasm, python = callables.bind, cluster = cluster.bind }

--- Adds a kind of entry that Lua runs.
---@param kind string
---@param resolve fun(entry: table): function?, any gives its function; or nil, err
function M.provide(kind, resolve) resolvers[kind] = resolve end

-- Makes the function of an id from the host's description; gives what is known of the id then, or nil, err.
local function bind(id, entry)
  -- Another task that waited for the same code may have made it.
  if known[id] then return known[id] end
  if entry.failed then return nil, failure(entry.kind, entry.message, { entry = id }) end
  local about = blank(entry.id or id)
  local made, f, err = pcall(resolvers[entry.resolver], entry, about)
  if not made then
    if type(f) ~= 'table' or not f.too_large then error(f, 0) end
    return nil, direct.too_large(id, f.too_large)
  end
  if not f then return nil, err end
  about.immediate = direct.immediate[f] or false
  if not about.immediate then
    f = counted.waiting(about.id, f)
    about.pool = pools.of(about.id)
  end
  about.call, about.attempt = f, turns.attempts[f]
  bound[id], known[id] = f, about
  return about
end

local function no_id(id) return failure(errors.kinds.INVALID, ('funcs.call: expected the id of a function, got %s'):format(type(id))) end

-- Finds what an id stands for, and waits for its code; gives that, nil, and when the wait began, nil where there was none; or nil, err.
local function resolve(id)
  if known[id] then return known[id] end
  if type(id) ~= 'string' then return nil, no_id(id) end
  local entry, began = compiling.load(host, id)
  if not entry then
    counted.alone(id, began)
    return nil, began
  end
  local about, err = bind(id, entry)
  return about, err, began
end

-- A function of its own: what makes a closure of a parameter is not compiled, and `find` is on the way of each `funcs.async`.
local function later(id)
  return function(...) return M.call(id, ...) end
end

--- Gives what is known of an id that was found before, or nil.
---@param id any
---@return Known?
function M.known(id) return known[id] end

--- Finds what an id stands for, without a wait. The call of one whose code is still to be compiled waits for that.
---@param id any
---@return Known?
---@return any err
function M.find(id)
  if known[id] then return known[id] end
  if type(id) ~= 'string' then return nil, no_id(id) end
  local entry = compiling.peek(host, id)
  if entry then return bind(id, entry) end
  local about = blank(id)
  about.call = later(id)
  return about
end

-- Calling ---------------------------------------------------------------------------------------------------------------

local function over(task, ...)
  deadline.clear(task)
  return ...
end

local function cold(id, ...)
  local about, err, began = resolve(id)
  if not about then return nil, err end
  local task = began and current()
  if not task then return about.call(...) end
  deadline.set(task, about.id, began)
  return over(task, about.call(...))
end

--- Calls a function, as `funcs.call` does; never raises, but where its task is canceled.
---@param id string
---@return any value
---@return any err
function M.call(id, ...)
  local f = bound[id]
  if f then return f(...) end
  return cold(id, ...)
end

--- Gives the functions that an entry stands for, as a table by name, interfaces as tables in it; or nil, err.
---@param id any
---@return table<string, function|table>?
---@return any err
function M.import(id)
  if type(id) ~= 'string' then
    return nil, failure(errors.kinds.INVALID, ('funcs.import: expected the id of an entry, got %s'):format(type(id)))
  end
  ---@type border.Exports|border.Failure
  local found = buffer.decode(host.exports(id))
  if found.failed then return nil, failure(found.kind, found.message, { entry = id }) end
  local functions = {}
  for _, each in ipairs(found.functions) do
    local into, last, called = functions, #each.names, each.called
    for i = 1, last - 1 do
      local name = each.names[i]
      -- Names in a binary are anybody's: one function may have the name of another's interface.
      if type(into[name]) ~= 'table' then into[name] = {} end
      into = into[name]
    end
    into[each.names[last]] = function(...) return M.call(called, ...) end
  end
  return functions
end

-- The lane --------------------------------------------------------------------------------------------------------------

--- Finds what an id stands for and makes its first instance, here and in a first worker. What is wrong is reported to the caller.
---@param id string
function M.warm(id)
  local about = resolve(id)
  if not about then return end
  local first = about.first
  about.first = nil
  if first then making.warm(first) end
  if host.workers and about.is_distant then workers.warm(id) end
end

--- Has every id looked up anew at its next call, here and in the lane's workers, because the registry has changed. Instances at rest
--- end; those that run, or whose handles a script holds, go on.
function M.forget()
  reset()
  making.drain()
  for _, instance in pairs(instances.all) do
    if instance.live == 0 and making.rests(instance) then making.discard(instance) end
  end
  workers.forget()
end

--- Frees every instance of the lane.
function M.close()
  making.drain()
  for _, instance in pairs(instances.all) do
    instances.delete(instance)
  end
  -- Requests of guests that have ended with them.
  if running.exchanges then running.exchanges.drain() end
  if running.sockets then running.sockets.close() end
  reset()
  linking.close()
end

--- Sets the host's functions, and the modules of the standard library, which libraries that answer imports may require.
---@param given table<string, function>
---@param modules table<string, function>
---@param given_tasks fun() called before the first async function is
function M.setup(given, modules, given_tasks)
  host = given
  providers.setup(modules, M.call)
  callables.setup(given)
  making.setup(given)
  direct.setup(given_tasks)
  methods.setup(given)
  reports.setup(given)
  elsewhere.setup(given)
  workers.setup(given)
  require('lua.calls.from_guests').setup(M.call)
end

return M
