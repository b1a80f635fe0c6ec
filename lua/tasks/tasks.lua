-- Tasks: calls of lifted functions in a component instance (CanonicalABI.md, "Tasks", "canon lift"). One that is lifted with a callback
-- gives its stack back while it waits, and is called again with an event; others keep it (lua/tasks/jobs.lua).

local handles = require 'lua.tasks.handles'
local jobs = require 'lua.tasks.jobs'
local protocol = require 'lua.guest.protocol'
local states = require 'lua.tasks.state'
local tables = require 'lua.tasks.tables'
local values = require 'lua.tasks.values'
local waitables = require 'lua.tasks.waitables'

local unpack, select, floor = unpack, select, math.floor
local push = jobs.push

local M = {}

local MOST_FLAT, MOST_RESULTS = 16, 1
local EVENTS = waitables.EVENTS

--- A call of a lifted function.
---@class GuestTask
---@field state table
---@field home HomeState
---@field lifted table border.LiftedTask
---@field phase string initial, started, canceling (asked to), canceled (told so), or resolved
---@field who table whose values are lowered for it
---@field start fun(task: GuestTask): table gives the arguments, with their number in `n`
---@field resolve fun(task: GuestTask, returned: boolean, value: any) takes the result; false where it was canceled
---@field storage number[] its context
---@field borrows integer how many borrowed handles it has
---@field exclusive boolean it needs its component instance for itself while it runs
---@field entering boolean it waits to enter
---@field ran boolean its first turn is over
---@field set WaitableSet? that it waits for
---@field yields boolean it has let others go first
---@field queued boolean a job of it is in the queue
---@field ended boolean
---@field given table? its arguments, where it has started for its caller and is run later
---@field deliver boolean? it is to be told that it was canceled
---@field left (fun(called: GuestTask))? called when it has ended
---@field frame table? the innermost place where it waits on the stack

--- Makes a task; `from` is what may be set of {start =, resolve =, host =}.
---@param state table
---@param number integer of the lifted function, from 0
---@param from table
---@return GuestTask
function M.new(state, number, from)
  local lifted = state.plan.lifted[number + 1]
  local home = state.homes[lifted.instance]
  local called = {
    state = state,
    home = home,
    lifted = lifted,
    phase = 'initial',
    who = nil,
    start = from.start,
    resolve = from.resolve,
    storage = { 0, 0 },
    borrows = 0,
    exclusive = lifted.waits and (not lifted.asynchronous or lifted.callback ~= nil) or false,
    entering = false,
    ran = false,
    set = nil,
    yields = false,
    queued = false,
    ended = false,
    frame = nil,
  }
  called.who = {
    instance = state.instance,
    state = state,
    home = home,
    task = called,
    host = from.host,
    memory = states.memory(state, lifted.memory),
  }
  return called
end

local function fail(what) protocol.trap(what) end

-- Entering -------------------------------------------------------------------------------------------------------------

local function is_full(called)
  local home = called.home
  return home.backpressure > 0 or (called.exclusive and home.exclusive ~= nil)
end

local function exit(called)
  if called.phase ~= 'resolved' then
    fail 'the async-lifted export failed to produce a result: its task ended without task.return or task.cancel'
  end
  if called.borrows > 0 then fail 'borrow handles still remain at the end of the call' end
  called.ended, called.ran = true, true
  called.state.count = called.state.count - 1
  if called.home.exclusive == called then jobs.release(called.state, called.home) end
  if called.left then called.left(called) end
  if called.state.settled and called.state.count == 0 then called.state.settled() end
end

--- Gives a task's result to who called it.
---@param called GuestTask
---@param value any
function M.give(called, value)
  if called.phase == 'resolved' then fail 'task.return or task.cancel called more than once for the current task' end
  if called.borrows > 0 then fail 'borrow handles still remain at the end of the call' end
  called.phase = 'resolved'
  called.resolve(called, true, value)
end

--- Ends a task that was canceled.
---@param called GuestTask
function M.cancel(called)
  if called.phase == 'resolved' then fail 'task.return or task.cancel called more than once for the current task' end
  if called.phase ~= 'canceled' then fail 'task.cancel called by task which has not been canceled' end
  if called.borrows > 0 then fail 'borrow handles still remain at the end of the call' end
  called.phase = 'resolved'
  called.resolve(called, false)
end

local step

-- The events that a callback is called with.
local function prepare_callback(job, io)
  local called = job.task
  called.queued = false
  if called.ended then return false end
  local set = called.set
  local code, index, payload
  if called.phase == 'canceling' then
    called.phase = 'canceled'
    code, index, payload = EVENTS.canceled, 0, 0
  elseif called.phase == 'canceled' and called.deliver then
    code, index, payload = EVENTS.canceled, 0, 0
  elseif set then
    if not waitables.has_event(set) then return false end
    code, index, payload = waitables.next_event(set)
  else
    code, index, payload = EVENTS.none, 0, 0
  end
  called.deliver = nil
  if set then
    set.waiting, set.waiters[called], called.set = set.waiting - 1, nil, nil
  end
  called.yields = false
  called.home.exclusive = called
  io[0].u64, io[1].u64, io[2].u64 = code, index, payload
end

-- Has a task's callback called.
local function call_back(called)
  if called.queued then return end
  called.queued = true
  push(called.state, {
    callee = states.callee(called.state, called.lifted.callback),
    task = called,
    exclusive = true,
    prepare = prepare_callback,
    done = function(_, io) step(called, io[0].u32) end,
  })
end

-- What a callback, or the function itself, has said is to be done next.
function step(called, packed)
  local code, index = packed % 16, floor(packed / 16)
  if code == 0 then return exit(called) end
  if code > 2 then fail(('unsupported callback code: %d'):format(code)) end
  local set = code == 2 and tables.of_kind(called.home.table, index, 'waitable-set') or nil
  called.ran = true
  jobs.release(called.state, called.home)
  if not set then
    called.yields = true
    if called.phase == 'canceling' then return call_back(called) end
    table.insert(called.state.yielders, function() call_back(called) end)
    return jobs.kick(called.state)
  end
  called.set, set.waiting = set, set.waiting + 1
  set.waiters[called] = function() call_back(called) end
  if called.phase == 'canceling' or waitables.has_event(set) then call_back(called) end
end

-- Takes what a function that is lifted synchronously has given.
local function finish(called, io)
  local lifted, state = called.lifted, called.state
  local raw = io[0].u64
  local result, sig = values.result(lifted.signature, MOST_RESULTS), lifted.signature
  local ok, value
  if sig.result then
    ok, value = result.lift(called.who, called.who.memory, io)
    if not ok then fail('the guest broke the canonical ABI: the result is or has ' .. tostring(value)) end
  end
  M.give(called, value)
  if not lifted.post then return exit(called) end
  push(state, {
    callee = states.callee(state, lifted.post),
    task = called,
    prepare = function(_, into) into[0].u64 = raw end,
    done = function() exit(called) end,
  }, true)
end

local function run(called, given, places)
  local lifted, state, who = called.lifted, called.state, called.who
  local params = values.params(lifted.signature, MOST_FLAT)
  return {
    callee = states.callee(state, lifted.core),
    task = called,
    prepare = function(_, io)
      local wrong = params.put(who, who.memory, places, io, nil, unpack(given, 1, given.n))
      if wrong then fail(wrong) end
    end,
    done = function(_, io)
      if not lifted.asynchronous then
        called.ran = true
        return finish(called, io)
      end
      if lifted.callback then return step(called, io[0].u32) end
      exit(called)
    end,
  }
end

-- Begins a task that has entered: gives false, as its function is called by a job of its own where memory is to be made for its arguments.
local function begin(called, job, io)
  if called.ended or called.phase ~= 'initial' and not called.given then return false end
  if called.exclusive then called.home.exclusive = called end
  local given, places = called.given or called.start(called), {}
  called.phase, called.entering, called.given = 'started', false, nil
  local params = values.params(called.lifted.signature, MOST_FLAT)
  params.sizes(called.who, places, unpack(given, 1, given.n))
  local body = run(called, given, places)
  if places[1] then
    states.make_room(called.who, places, called.lifted.realloc, function() push(called.state, body, true) end, true)
    return false
  end
  job.callee, job.done = body.callee, body.done
  return body.prepare(job, io)
end

local function entry(called)
  return { callee = 0, task = called, prepare = function(job, io) return begin(called, job, io) end }
end

local function admit(home)
  return function()
    while home.entering[1] and not is_full(home.entering[1]) do
      local called = table.remove(home.entering, 1)
      if called.exclusive then home.exclusive = called end
      push(called.state, entry(called))
    end
  end
end

--- Starts a task: it enters as soon as its component instance lets it in. With `first` before all that is to be run besides.
---@param called GuestTask
---@param first boolean?
---@param later boolean? its function is called later, though it has started for its caller
function M.start(called, first, later)
  local home, state = called.home, called.state
  state.count = state.count + 1
  if called.lifted.reason then fail(('the function %s'):format(called.lifted.reason)) end
  if called.lifted.waits and (is_full(called) or home.entering[1]) then
    home.admit = home.admit or admit(home)
    called.entering = true
    home.entering[#home.entering + 1] = called
    return
  end
  -- Nobody else enters before it does.
  if called.exclusive then home.exclusive = called end
  if later then
    called.given = called.start(called)
    called.phase = 'started'
  end
  push(state, entry(called), first)
end

-- Canceling ------------------------------------------------------------------------------------------------------------

--- Asks a task to end (CanonicalABI.md, "Task.request_cancellation").
---@param called GuestTask
function M.request_cancel(called)
  if called.phase == 'initial' then
    local home = called.home
    for i, each in ipairs(home.entering) do
      if each == called then
        table.remove(home.entering, i)
        break
      end
    end
    if not called.entering and home.exclusive == called then jobs.release(called.state, home) end
    called.phase, called.ended, called.entering, called.ran = 'resolved', true, false, true
    called.state.count = called.state.count - 1
    called.resolve(called, false)
    if called.left then called.left(called) end
    if home.admit then home.admit() end
    return
  end
  if called.phase ~= 'started' then return end
  called.phase = 'canceling'
  local frame = called.frame
  if frame and frame.cancellable then
    jobs.kick(called.state)
  elseif (called.set or called.yields) and called.lifted.callback then
    call_back(called)
  end
end

M.handles, M.select = handles, select

return M
