-- From a description of a guest to its plan, and from an export to the function that calls it.

local counted = require 'lua.pools.counted'
local epochs = require 'lua.wasmtime.epochs'
local errors = require 'lua.values.errors'
local generate = require 'lua.abi.generate'
local hooks = require 'lua.calls.hooks'
local making = require 'lua.calls.making'
local plans = require 'lua.guest.plan'
local pools = require 'lua.pools.pools'
local providers = require 'lua.imports.providers'
local reports = require 'lua.guest.reports'
local signatures = require 'lua.abi.signatures'
local targets = require 'lua.guest.target'
local turns = require 'lua.calls.turns'
local upkeep = require 'lua.guest.upkeep'

-- How many calls an instance of WASI 0.3 may serve at once, where each call has one of its own otherwise.
local MOST_AT_ONCE = 64

local error, pcall, setmetatable, type = error, pcall, setmetatable, type
local failure, from_report, states = reports.failure, reports.of_guest, epochs.states

local M = {}

--- The functions that never wait, as keys: those of guests that provably end soon.
---@type table<function, true>
M.immediate = setmetatable({}, { __mode = 'k' })

-- Plans ------------------------------------------------------------------------------------------------------------------

local with_tasks -- loads what async functions need of the standard library, until it has been

--- Sets what loads what async functions need of the standard library.
---@param given_tasks fun()
function M.setup(given_tasks) with_tasks = given_tasks end

-- Loads what async functions need, with the first: most scripts have none.
local function load_tasks()
  if not with_tasks then return end
  require 'lua.tasks.calls'
  require('lua.tasks.exports').setup(making, hooks)
  with_tasks()
  with_tasks = nil
end

-- What has the packages of WASI 0.3, loaded with the first guest that imports some of them.
local PACKAGES = {
  ['wasi:cli'] = 'cli',
  ['wasi:clocks'] = 'clocks',
  ['wasi:filesystem'] = 'filesystem',
  ['wasi:http'] = 'client',
  ['wasi:random'] = 'random',
  ['wasi:sockets'] = 'sockets',
}

local function load_packages(natives)
  for _, row in ipairs(natives) do
    local package = row and not row.id and row.interface and PACKAGES[row.interface:match '^[^/]*']
    if package then require('lua.wasi.p3.' .. package) end
  end
end

--- Prepares a plan: what instances are made of, with all that its guest may call of the lane.
---@param given border.Plan
---@return Plan
function M.prepare(given)
  -- They provide functions of the host, which the plan names.
  if given.tasks then load_tasks() end
  local plan = plans.prepare(given)
  providers.equip(plan, given)
  if given.tasks then
    require('lua.tasks.state').prepare(plan, given.tasks)
    require('lua.tasks.calls').equip(plan)
    load_packages(given.tasks.natives)
  end
  return plan
end

-- Exports ----------------------------------------------------------------------------------------------------------------

---@return Target
local function target_of(entry, plan, lift, fresh)
  local sig = signatures.link(lift.signature)
  local pool = pools.of(entry.id, entry.workers or entry.pool.bound, entry.pool.room)
  local home
  -- Where there are resources all functions have one instance in any case.
  if entry.part and not fresh and not plan.resources[1] then
    home = plan.homes[entry.id] or targets.home()
    plan.homes[entry.id] = home
  end
  local more = { plan = plan, lift = lift, fresh = fresh, pool = pool, home = home }
  local target = targets.new(entry, sig, signatures.err_is_variant(sig), more)
  target.failed = function(report) return from_report(target, report) end
  return target
end

--- Gives the error of an entry whose signature is too large for LuaJIT.
---@param id string
---@param why string
function M.too_large(id, why)
  return failure(
    errors.kinds.UNAVAILABLE,
    ("the entry %s can't be called: its signature is too large (%s); pass fewer parameters, in a record, or fewer cases"):format(id, why),
    { entry = id }
  )
end

-- The ways to call an export that can't wait for anything outside: see lua/calls/turns.lua. They are made when they are first needed, so
-- that a signature which is too large is an error of the call.
local function in_turns(target, entry, compile)
  local plan, limit = target.plan, target.limits.limit_ticks
  target.counts = pools.of(target.id).counts
  if target.lift.brief and not plan.linker and not plan.resources[1] then
    local f = counted.guest(target, compile('plain', limit))
    M.immediate[f] = true
    return f
  end
  local function made(...)
    local done, f = pcall(compile, ...)
    if done then return f end
    if type(f) ~= 'table' or not f.too_large then error(f, 0) end
    return function() return nil, M.too_large(target.id, f.too_large) end
  end
  local plain = plan.linker and 'hosted' or 'plain'
  turns.equip(target, entry.pool.type ~= 'inline' and not plan.linker)
  return counted.whole(turns.guest(target, {
    slow = function() return counted.waiting(target.id, made(plan.linker and 'hosted_turns' or 'turns')) end,
    near = turns.is_repeatable(plan)
      and function() return counted.guest(target, made(plain, 1, limit and states.LIMITED or states.SHORT)) end,
    plain = function() return counted.guest(target, made(plain, limit or 'NO_LIMIT', states.BOUND)) end,
  }))
end

--- Makes the function that calls an export.
---@param entry border.GuestEntry
---@param plan Plan
---@param lift border.Lift the export
---@param fresh boolean each call has an instance of its own
---@return function
---@return Target
function M.bind(entry, plan, lift, fresh)
  local target = target_of(entry, plan, lift, fresh)
  local function compile(mode, limit, state)
    return (
      generate.compile(target.sig, {
        fresh = fresh,
        pair = entry.results ~= 'table',
        post = lift.post and (lift.post_leaf and 'leaf' or 'calls'),
        resources = plan.resources[1] ~= nil,
        shared = target.home ~= target,
        limit = limit,
        state = state,
        mode = mode,
        leaf = lift.leaf,
        gated = plan.gated,
        results = #lift.results,
      }, hooks, target)
    )
  end
  if plan.tasks then
    local pool = target.pool
    local at_once = entry.pool.concurrency or MOST_AT_ONCE
    pool.bound = pool.bound and (entry.pool.bound or 1) * at_once
    local f = require('lua.tasks.exports').bind(target, entry.results ~= 'table', at_once)
    M.last = target
    return f, target
  end
  local f = plan.waits and compile 'waits' or in_turns(target, entry, compile)
  upkeep.add(target, entry.pool)
  M.last = target -- what benchmarks and tests look at
  return f, target
end

return M
