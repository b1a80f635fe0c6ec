-- What a guest of WASI 0.3 calls besides built-ins: functions that another component instance lifts, and imports, which Lua answers
-- (CanonicalABI.md, "canon lower").

local answer = require 'lua.imports.answer'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local handles = require 'lua.tasks.handles'
local jobs = require 'lua.tasks.jobs'
local natives = require 'lua.tasks.natives'
require 'lua.tasks.copies'
require 'lua.tasks.resources'
local protocol = require 'lua.guest.protocol'
local providers = require 'lua.imports.providers'
local states = require 'lua.tasks.state'
local tables = require 'lua.tasks.tables'
local tasks = require 'lua.tasks.tasks'
local values = require 'lua.tasks.values'
local waitables = require 'lua.tasks.waitables'

local trap, unpack, pcall = protocol.trap, unpack, pcall
local finish, who_of = natives.finish, natives.who_of
local EVENTS = waitables.EVENTS

local M = {}

--- What an interface of the host has: 'interface#function' -> function(context, ...), which gives the value, or what `M.later` gives.
M.hosts = natives.hosts

--- Adds the functions of an interface of the host.
---@param interface string without its version
---@param functions table<string, function>
function M.provide(interface, functions)
  for name, f in pairs(functions) do
    M.hosts[interface .. '#' .. name] = f
  end
end

local LATER = {}

--- What a function of the host gives whose value comes later: begin(resolve) is called at once, resolve(value) once; begin may return a
--- function that cancels.
---@param begin fun(resolve: fun(value: any)): function?
---@return table
function M.later(begin) return setmetatable({ begin = begin }, LATER) end

-- Subtasks -------------------------------------------------------------------------------------------------------------

--- A call as its caller has it.
---@class Subtask: Waitable
---@field state integer 0 starting, 1 started, 2 returned, 3 canceled before it started, 4 canceled
---@field lenders table[] handles that were lent to it
---@field value any the result, until it is lowered
---@field stored boolean the result is where it belongs

local function deliver(w)
  if w.state >= 2 and not w.delivered then
    w.delivered = true
    handles.unlend(w.lenders)
  end
  return EVENTS.subtask, w.state
end

local function new_subtask() return { kind = 'subtask', state = 0, lenders = {}, stored = false, delivered = false, deliver = deliver } end

local function progress(w)
  if w.index then waitables.set_event(w, deliver) end
  if w.wake then w.wake() end
end

-- A call that is being made.
local function new_call(state, row, io)
  local params = values.params(row.signature, row.asynchronous and 4 or 16)
  local result = values.result(row.signature, 1)
  local who = who_of(state, row)
  local w = new_subtask()
  who.lenders = w.lenders
  local slots = {}
  for i = 0, params.count - 1 do
    slots[i] = io[i].u64
  end
  local sig = row.signature
  local place = sig.result and (row.asynchronous or result.spilled) and io[params.count].u32 or nil
  return { state = state, row = row, params = params, result = result, who = who, subtask = w, slots = slots, place = place }
end

-- Lifts the arguments: the values, their number in `n`.
local function arguments(call, host)
  local io = M.scratch
  for i = 0, call.params.count - 1 do
    io[i].u64 = call.slots[i]
  end
  local who = call.who
  who.host = host
  local function take(ok, ...)
    if not ok then trap('the guest broke the canonical ABI: an argument is or has ' .. tostring((...))) end
    return { n = #call.params.types, ... }
  end
  return take(call.params.lift(who, who.memory, io))
end

-- Puts the result where the caller wants it; for a single core value that is later, by `flat`.
local function store(call, value, host, done)
  local who, result, w = call.who, call.result, call.subtask
  who.host = host
  if not call.row.signature.result then return done() end
  local function put(places)
    if not call.place then
      local wrong = result.put(who, who.memory, places, M.scratch, nil, value)
      if wrong then trap(wrong) end
      w.raw = M.scratch[0].u64
    else
      local wrong = result.put(who, who.memory, places, nil, call.place, value)
      if wrong then trap(wrong) end
    end
    done()
  end
  local places = {}
  result.sizes(who, places, value)
  -- Where the result has a place already only what it points to is asked for.
  if call.place and places[1] and result.spilled then table.remove(places, 1) end
  if not places[1] then return put(places) end
  states.make_room(who, places, call.row.realloc, function() put(places) end, true)
end

local function resolve(call, value, host)
  local w = call.subtask
  store(call, value, host, function()
    w.state, w.stored = 2, true
    progress(w)
  end)
end

local function give_flat(call)
  return function(_, out)
    deliver(call.subtask)
    if call.subtask.raw then out[0].u64 = call.subtask.raw end
  end
end

-- What an asynchronous call gives its caller.
local function begun(call, out)
  local w = call.subtask
  if w.state >= 2 then
    deliver(w)
    out[0].u64 = w.state
    return
  end
  w.index = tables.add(call.who.home.table, w)
  out[0].u64 = w.state + 16 * w.index
end

-- Between component instances ----------------------------------------------------------------------------------------------

-- Whether a call enters a component instance that is in a call already.
local function check_entry(state, row, lifted)
  local parents = state.plan.parents
  local caller, callee = row.instance, lifted.instance
  local around = { [caller] = true }
  for _, each in ipairs(parents[caller + 1]) do
    around[each] = true
  end
  local inside, frame, called = {}, state.top, state.current
  while called do
    inside[called.home.number] = true
    for _, each in ipairs(parents[called.home.number + 1]) do
      inside[each] = true
    end
    if not frame or not frame.call then break end
    frame, called = frame.outer, frame.task
  end
  local entering = { callee }
  for _, each in ipairs(parents[callee + 1]) do
    entering[#entering + 1] = each
  end
  for _, each in ipairs(entering) do
    if not around[each] and inside[each] then
      trap 'cannot enter component instance: a call comes back into one that is in a call already'
    end
  end
end

natives.makers.call = function(row)
  return function(instance, io)
    local state = states.of(instance)
    local lifted = state.plan.lifted[row.lifted + 1]
    check_entry(state, row, lifted)
    if lifted.waits then natives.check_wait(state, row) end
    local call = new_call(state, row, io)
    local w = call.subtask
    local called
    called = tasks.new(state, row.lifted, {
      host = false,
      start = function()
        w.state = 1
        progress(w)
        return arguments(call, false)
      end,
      resolve = function(_, returned, value)
        if returned then return resolve(call, value, false) end
        w.state = w.state == 0 and 3 or 4
        w.stored = true
        progress(w)
      end,
    })
    w.task = called
    w.on_cancel = function()
      tasks.request_cancel(called)
      return function() return w.stored or not called.queued end
    end
    local function over() return w.stored and (lifted.asynchronous or called.ended) end
    local frame = { call = true }
    if not row.asynchronous then
      tasks.start(called, true)
      local caller = state.current
      frame.ready, frame.finish = over, give_flat(call)
      frame.stuck = function()
        if caller and not caller.lifted.waits and caller.phase ~= 'resolved' then
          return 'cannot block a synchronous task before returning'
        end
      end
      if not lifted.waits then frame.stuck = function() return 'cannot block a synchronous task before returning' end end
      return jobs.wait(state, io, frame)
    end
    -- What may wait on its stack would keep its caller from going on: it begins when that has given way.
    local later = lifted.blocks
    tasks.start(called, not later, later)
    frame.ready = function() return later or over() or (called.ran and not w.stored and w.value == nil) or called.entering end
    frame.finish = function(_, out) begun(call, out) end
    return jobs.wait(state, io, frame)
  end
end

-- Imports ------------------------------------------------------------------------------------------------------------------

local function where(value)
  if errors.is_error(value) then return value end
  return errors.from(value, { kind = errors.kinds.INTERNAL, lua_stack = errors.frames(2) })
end

-- What a provider has given, lowered in the midst of the instance's jobs.
local function settle(call, import, fine, value, problem)
  local state = call.state
  if call.over then return end
  call.over = true
  jobs.push(state, {
    callee = 0,
    task = call.who.task,
    prepare = function()
      local given, wrong = answer.of(import, state.instance, fine, value, problem)
      if wrong then
        state.instance.raised = wrong
        trap(wrong:message())
      end
      resolve(call, given, true)
      return false
    end,
  })
end

-- Runs a provider as a task of the lane.
local function run(call, import, given)
  local group = dispatcher.open(function(group)
    local results = group.results
    if results then return settle(call, import, results[1], results[2], results[3]) end
    if not call.canceled then settle(call, import, false, group.problem) end
  end, function()
    return xpcall(function() return import.f(unpack(given, 1, given.n)) end, where)
  end)
  return function()
    call.canceled = true
    dispatcher.cancel_group(group)
  end
end

local function import_of(row, plan)
  local result = row.signature.result
  local sides = result and result.kind == 'result' and result or {}
  local import = { name = row.name, own = row.own, id = row.id, who = row.who or 'the host', shown = row.shown, library = row.library }
  import.sig, import.has_sides = row.signature, sides.kind ~= nil
  local probe = { host = true, state = { foreign = plan.tasks.by_number } }
  local function fits_of(types)
    local of
    return function(value)
      of = of or values.new(types, 16, row.name)
      return of.fits(probe, value)
    end
  end
  import.fits = result and fits_of { result } or function(value) return value == nil end
  import.fits_ok = fits_of { sides.ok }
  import.fits_err = fits_of { sides.err }
  if row.id then import.f = providers.answering(plan, import) end
  return import
end

local function begin_host(call, import, f, given)
  local ok, value = pcall(f, call.who, unpack(given, 1, given.n))
  if not ok then
    if protocol.reason_of(value) then error(value, 0) end
    trap('a mistake in Moonwit, please report it: ' .. tostring(value))
  end
  if getmetatable(value) ~= LATER then
    resolve(call, value, true)
    return nil
  end
  local calls, cancel = call.state.calls, nil
  local function lost() -- what it waits for ends with its instance
    call.over = true
    if cancel then cancel() end
  end
  calls[lost] = true
  cancel = value.begin(function(late)
    calls[lost] = nil
    if call.over then return end
    call.over = true
    jobs.push(call.state, {
      callee = 0,
      task = call.who.task,
      prepare = function()
        resolve(call, late, true)
        return false
      end,
    })
  end)
  return function()
    calls[lost] = nil
    if cancel then cancel() end
  end
end

natives.makers.import = function(row, plan)
  local import = import_of(row, plan)
  local f
  if not row.id then f = M.hosts[row.name] or false end
  return function(instance, io)
    local state = states.of(instance)
    if row.waits then natives.check_wait(state, row) end
    if f == false then trap(('the host has no function %s'):format(row.name)) end
    local call = new_call(state, row, io)
    local w = call.subtask
    w.state = 1
    local given = arguments(call, true)
    local cancel
    if f then
      cancel = begin_host(call, import, f, given)
    else
      cancel = run(call, import, given)
    end
    w.on_cancel = function()
      if call.over then return end
      call.over = true
      if cancel then cancel() end
      w.state, w.stored = 4, true
      progress(w)
    end
    if row.asynchronous then
      return jobs.wait(state, io, {
        ready = function() return w.stored or not call.storing end,
        finish = function(_, out) begun(call, out) end,
      })
    end
    return jobs.wait(
      state,
      io,
      { ready = function() return w.stored end, finish = give_flat(call), stuck = row.waits and natives.stuck(state) or nil }
    )
  end
end

--- Makes the natives of a plan.
---@param plan Plan
function M.equip(plan)
  local given = plan.tasks
  for id, source in pairs(given.libraries) do
    plan.libraries[id] = plan.libraries[id] or source
  end
  given.functions = {}
  for number, row in ipairs(given.natives) do
    given.functions[number] = function(instance, io)
      local f
      if not row then
        trap 'a function that is not linked was called'
      elseif row.reason then
        local what = ('`%s` %s'):format(row.name or row.operation, row.reason)
        f = function() return what end
      else
        local make = natives.makers[row.operation]
        if not make then trap(('the canonical built-in `%s` is not taken by Moonwit yet'):format(row.operation)) end
        f = make(row, plan)
      end
      given.functions[number] = f
      return f(instance, io)
    end
  end
end

M.finish = finish
M.scratch = require('ffi').new 'mw_raw[17]'

return M
