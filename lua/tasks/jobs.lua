-- Jobs: the callees of an instance that are to be run, one after another, and what waits on the guest's stack between them.
--
-- The store takes one call at a time: `drive`, of the module between guest and lane (host/wasi/natives.py), which asks `tend` what to do
-- until there is nothing left. What a guest calls of the lane may ask too: so while a guest waits on its stack, other jobs run on top of
-- it, and what waits there goes on when these have ended. Each such place is a *frame*; the lowest one is of `drive` itself.

local dispatcher = require 'lua.dispatcher.dispatcher'
local fibers = require 'lua.guest.fibers'
local linking = require 'lua.guest.linking'
local printing = require 'lua.guest.printing'
local protocol = require 'lua.guest.protocol'
local trap = require 'lua.wasmtime.trap'

local M = {}

local DONE, WAIT = 0, -1

-- How deep frames may stand on each other: each has a part of the fiber's stack.
local MOST_DEPTH = 60

--- A callee to run.
---@class CalleeJob
---@field callee integer from 0
---@field task table? the task that it belongs to
---@field prepare (fun(job: CalleeJob, io: ffi.cdata*): any)? writes the arguments; gives false where there is nothing to run any more
---@field done fun(job: CalleeJob, io: ffi.cdata*)? takes the result
---@field exclusive boolean? the task needs its component instance for itself

--- Puts a job at the end of the queue, or, with `first`, before all others.
---@param state table
---@param job CalleeJob
---@param first boolean?
function M.push(state, job, first)
  if first then
    state.head = state.head - 1
    state.queue[state.head] = job
  else
    state.queue[state.tail] = job
    state.tail = state.tail + 1
  end
  M.kick(state)
end

--- Tells whether there is a job.
---@param state table
---@return boolean
function M.any(state) return state.head < state.tail end

local function next_job(state)
  while state.head < state.tail do
    local job = state.queue[state.head]
    state.queue[state.head] = nil
    state.head = state.head + 1
    local home = job.exclusive and job.task.home
    if home and home.exclusive and home.exclusive ~= job.task then
      home.blocked[#home.blocked + 1] = job
    else
      return job
    end
  end
  state.head, state.tail = 1, 1
end

--- Lets those go on that wait until nobody has a component instance for itself.
---@param state table
---@param home table
function M.release(state, home)
  home.exclusive = nil
  if home.blocked[1] then
    local blocked = home.blocked
    home.blocked = {}
    for i = 1, #blocked do
      M.push(state, blocked[i])
    end
  end
  if home.admit then home.admit() end
end

-- Frames ---------------------------------------------------------------------------------------------------------------

--- Begins a frame in the midst of a call of the guest: ready(frame) tells whether it may go on, finish(frame, io) leaves the result in
--- io[0] of the module's memory. Gives what the guest's call asks for.
---@param state table
---@param io ffi.cdata*
---@param frame table
---@return string?
function M.wait(state, io, frame)
  frame.outer, frame.task, frame.job = state.top, state.current, nil
  state.depth = state.depth + 1
  if state.depth > MOST_DEPTH then return 'more calls wait on top of each other on the stack of one instance than may' end
  state.top = frame
  return M.go_on(state, io)
end

local function pop(state, frame)
  state.top = frame.outer
  state.depth = state.depth - 1
  state.current = frame.task
end

--- Says what is to be done next.
---@param state table
---@param io ffi.cdata*
---@return string?
function M.go_on(state, io)
  while true do
    local frame = state.top
    if frame.ready(frame) then
      pop(state, frame)
      state.io[0].u64 = 0
      if frame.finish then frame.finish(frame, state.io) end
      io[0].i64 = DONE
      return
    end
    local job = next_job(state)
    if not job and not frame.outer and state.yielders[1] then
      -- Others of the lane go first.
      pop(state, frame)
      io[0].i64 = DONE
      return
    end
    if not job then
      if frame.stuck then
        local why = frame.stuck(frame)
        if why then return why end
      end
      state.kicked = false
      state.instance.pending = state.pending
      io[0].i64 = WAIT
      return
    end
    if not job.prepare or job.prepare(job, state.io) ~= false then
      frame.job, frame.before = job, state.current
      state.current = job.task
      io[0].i64 = -2 - job.callee
      return
    end
  end
end

--- What `task#tend` is: takes the result of the job that has ended, and says what is to be done next.
---@param instance Instance
---@param io ffi.cdata*
---@return string?
function M.tend(instance, io)
  local state = instance.tasks
  local frame = state.top
  if not frame then
    frame = { ready = function() return not M.any(state) end, outer = nil, task = nil, job = nil }
    state.top, state.depth = frame, 1
    return M.go_on(state, io)
  end
  local job = frame.job
  if job then
    frame.job = nil
    state.current = job.task
    if job.done then job.done(job, state.io) end
    state.current = frame.before
  end
  return M.go_on(state, io)
end

-- Driving --------------------------------------------------------------------------------------------------------------

local trap_slot = require('ffi').new 'void *[1]'

-- Waits, on behalf of a guest that waits on its stack, until there is something to do.
local function sleep(state)
  return function(limit)
    if state.kicked then return nil end
    if state.yielders[1] then
      local problem = dispatcher.pause 'funcs.call'
      M.requeue(state)
      return problem
    end
    local called, generation = dispatcher.ticket()
    if not called then return generation end
    state.sleeper, state.ticket = called, generation
    local problem = dispatcher.wait_until(limit, 'funcs.call', 'what a guest waits for')
    state.sleeper = nil
    return problem
  end
end
M.sleep = sleep

--- Lets those go on that have let others go first.
---@param state table
function M.requeue(state)
  local yielders = state.yielders
  state.yielders = {}
  for i = 1, #yielders do
    yielders[i]()
  end
end

-- Ends an instance that has failed.
local function failed(state, report)
  if state.dead then return end
  state.dead = report or { reason = 'the instance has ended', frames = {} }
  state.fail(state)
end

-- Takes what a call of `drive` has come to.
local function ended(state, done, why, failure)
  state.top, state.current, state.depth = nil, nil, 0
  if not done then return failed(state, { reason = tostring(why), frames = {} }) end
  if not why then return end
  local trapped = trap_slot[0]
  trap_slot[0] = nil
  local report = trap.take(failure, trapped)
  report.raised, report.exited, report.said = state.instance.raised, state.instance.exited, printing.said(state.instance)
  failed(state, report)
end

local function drive(state, future)
  local instance = state.instance
  if future then ended(state, fibers.go_on(state.drive(), future, trap_slot)) end
  while instance.store ~= nil and (M.any(state) or state.yielders[1]) do
    if not M.any(state) then
      local problem = dispatcher.pause 'funcs.call'
      if problem then error(problem, 0) end
      M.requeue(state)
    end
    ended(state, fibers.run(state.drive(), nil, trap_slot))
  end
  state.pumping = false
end

local function open(state, future)
  state.pumping = true
  dispatcher.open(function(group)
    state.pumping = false
    if group.problem then failed(state, { reason = group.problem:message(), frames = {} }) end
  end, drive, state, future)
end

--- Puts a job at the end of the queue and runs what is in it here, as far as nothing waits: not to be called on a guest's stack.
---@param state table
---@param job CalleeJob
function M.run_here(state, job)
  if state.pumping or state.instance.store == nil then return M.push(state, job) end
  state.pumping = true
  M.push(state, job)
  local future, done, why, failure = fibers.start(state.drive(), trap_slot)
  if future then return open(state, future) end
  ended(state, done, why, failure)
  state.pumping = false
  if M.any(state) or state.yielders[1] then M.kick(state) end
end

--- Has the jobs of an instance run by a task of their own.
---@param state table
function M.kick(state)
  state.kicked = true
  local sleeper = state.sleeper
  if sleeper then
    dispatcher.wake(sleeper, state.ticket)
    return
  end
  if state.pumping or state.instance.store == nil then return end
  open(state)
end

linking.provide('task', { tend = M.tend })
M.protocol = protocol

return M
