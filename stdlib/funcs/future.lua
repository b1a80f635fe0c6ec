-- Futures: calls in the background. A call of a guest begins at once, and where it is short its future is complete from the start; what
-- waits, or computes for long, is a task of its own and ends with the script.
local arguments = require 'lua.values.arguments'
local calls = require 'lua.calls.calls'
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'
local duration = require 'stdlib.values.duration'
local errors = require 'lua.values.errors'
local gate = require 'lua.dispatcher.gate'
local got = require 'lua.values.got'
local pools = require 'lua.pools.pools'
local queue = require 'stdlib.channel.queue'
local rings = require 'lua.dispatcher.rings'
local with_methods = require 'stdlib.values.methods'

local error, type, pcall, setmetatable, getmetatable = error, type, pcall, setmetatable, getmetatable
local rawget, rawset, select, tonumber = rawget, rawset, select, tonumber
local find = calls.find

local M = {}

-- Fields: done, canceled, outlet (the channel of response); value and problem, which may be nil, are got past the metatable.
-- What a script must not reach of a future that is pending: {task =, waiters = gate or nil, watcher = function or nil}.
---@type table<table, table>
local hidden = setmetatable({}, { __mode = 'k' })

local methods = {}
local FUTURE = { __metatable = 'future' }

FUTURE.__index = with_methods(methods, 'a future')
FUTURE.__newindex = function() error("a future can't be changed", 2) end
FUTURE.__tostring = function(future)
  return 'future ('
    .. (not future.done and 'pending' or future.canceled and 'canceled' or rawget(future, 'problem') ~= nil and 'failed' or 'complete')
    .. ')'
end

local function check(future, method)
  if getmetatable(future) ~= 'future' then
    error('future:' .. method .. '() is called on a ' .. type(future) .. ', write future:' .. method .. '()', 3)
  end
end

local PAYLOAD = {
  __metatable = 'payload',
  __tostring = function() return 'payload' end,
  __newindex = function() error("a payload can't be changed", 2) end,
}
PAYLOAD.__index = {
  --- Returns the call's value.
  data = function(payload) return rawget(payload, 1) end,
}

-- What the channel gets: a payload, or the error itself, whose `data()` gives nil and the error.
local function announce(future)
  local problem = rawget(future, 'problem')
  if problem == nil then problem = setmetatable({ rawget(future, 'value') }, PAYLOAD) end
  queue.send_nowait(queue.state_of[future.outlet], problem)
end

local function complete(future, value, problem)
  if future.done then return end
  future.done = true
  rawset(future, 'value', value)
  rawset(future, 'problem', problem)
  local state = hidden[future]
  local waiters, watcher = state and state.waiters, state and state.watcher
  hidden[future] = nil
  if watcher then watcher(value, problem) end
  if waiters then gate.admit_all(waiters) end
  if future.outlet then announce(future) end
end

--- Calls `f(value, problem)` when a future is complete.
---@param future table
---@param f function
function M.watch(future, f)
  if future.done then return f(rawget(future, 'value'), rawget(future, 'problem')) end
  hidden[future].watcher = f
end

local function new(done, value, problem)
  return setmetatable({ done = done, value = value, problem = problem, canceled = false, outlet = false }, FUTURE)
end

local function finish(future, ok, value, problem)
  if not ok then
    value, problem = nil, errors.from(value, { kind = errors.kinds.INTERNAL })
  end
  complete(future, value, problem)
end

local function body(future, f, ...) finish(future, pcall(f, ...)) end

--- Runs `f(...)`, which gives value, err, as a task; returns its future.
---@param f function
---@param ... any
---@return table
function M.run(f, ...)
  local future = new(false)
  hidden[future] = { task = dispatcher.spawn(body, future, f, ...), waiters = nil, watcher = nil }
  return future
end

--- Returns the future of a task that says itself how it has ended, by `settle`.
---@param task Task
---@return table
function M.of(task)
  local future = new(false)
  hidden[future] = { task = task, waiters = nil, watcher = nil }
  return future
end

--- Completes a future.
---@param future table
---@param value any
---@param problem any
---@param canceled boolean
function M.settle(future, value, problem, canceled)
  if canceled and not future.done then future.canceled = true end
  complete(future, value, problem)
end

--- Makes a future that something else completes: gives it, and complete(value, problem). `canceled()` is called when it is canceled.
---@param canceled fun()
---@return table
---@return fun(value: any, problem: any)
function M.open(canceled)
  local future = new(false)
  hidden[future] = { task = nil, canceled = canceled, waiters = nil, watcher = nil }
  return future, function(value, problem) complete(future, value, problem) end
end

local function completed(value, problem) return new(true, value, problem) end

-- Runs a call of a guest, which begins at once.
local function run_now(f, ...)
  local future = new(false)
  hidden[future] = { task = nil, waiters = nil, watcher = nil }
  local task = dispatcher.spawn_now(body, future, f, ...)
  if not future.done then hidden[future].task = task end
  return future
end

--- Runs `f(...)`, a call of what is `known` (lua/calls/calls.lua), as `run` does, once there is room for it in the queue of its pool.
local function pooled(known, f, ...)
  local pool = known.pool
  if not pool or not pool.room then return M.run(f, ...) end
  pools.await_room(pool)
  local future = M.run(f, ...)
  -- It takes its place in the queue before anybody else asks how long that is.
  local problem = dispatcher.pause 'funcs.async'
  if problem then error(problem, 0) end
  return future
end
M.pooled = pooled

--- Returns an error when `count` arguments are more than a call of `id` may have.
---@param id string
---@param count integer
---@return Error?
function M.too_many(id, count)
  local many = arguments.too_many(count)
  return many and errors.make { message = id .. ': ' .. many, kind = errors.kinds.INVALID, entry = id } or nil
end

--- Starts a call; returns its future, or nil and an error when there is no such function. Its code is waited for in the background.
---@param id any
---@param ... any
---@return table?
---@return Error?
function M.start(id, ...)
  local known, problem = find(id)
  if not known then return nil, problem end
  local f = known.call
  local many = M.too_many(id, select('#', ...))
  if many then return nil, many end
  if known.immediate then return completed(f(...)) end
  if not dispatcher.current() then
    return nil,
      errors.make { message = 'funcs.async: there is no running script to start a call in', kind = errors.kinds.INVALID, entry = id }
  end
  if known.attempt then
    local made, value, err = known.attempt(...)
    if made then return completed(value, err) end
    if not known.pool.room then return run_now(f, ...) end
  end
  return pooled(known, f, ...)
end

--- Returns the value, or nil and the error; nil and nil while the call is pending.
function methods.result(future)
  check(future, 'result')
  return rawget(future, 'value'), rawget(future, 'problem')
end

--- Waits for the answer and returns the value, or nil and the error. After `timeout` (a duration, if given) it returns nil and an
--- error of kind Timeout; the call goes on.
function methods.await(future, timeout)
  check(future, 'await')
  if future.done then return rawget(future, 'value'), rawget(future, 'problem') end
  local ns, wrong
  if timeout ~= nil then
    ns, wrong = duration.of(timeout)
    if not ns then error('future:await: the timeout: ' .. wrong, 2) end
  end
  if not dispatcher.current() then error(dispatcher.OUTSIDE, 2) end
  local state = hidden[future]
  if not state then error('future:await: expected a future of funcs.async, got ' .. got(future), 2) end
  state.waiters = state.waiters or gate.new()
  if not ns then rings.enter(state.task) end
  local problem = gate.wait(state.waiters, ns and clock.monotonic() + tonumber(ns), 'future await')
  rings.leave()
  if problem and problem ~= dispatcher.LATE then error(problem, 2) end
  if future.done then return rawget(future, 'value'), rawget(future, 'problem') end
  return nil, errors.make { message = 'the call was not complete within the time to wait', kind = errors.kinds.TIMEOUT, retryable = true }
end

--- Says whether the answer is there.
function methods.is_complete(future)
  check(future, 'is_complete')
  return future.done
end

--- Says whether the call was canceled.
function methods.is_canceled(future)
  check(future, 'is_canceled')
  return future.canceled
end

--- Returns the error of a call that failed and true; else nil and false.
function methods.error(future)
  check(future, 'error')
  local problem = rawget(future, 'problem')
  return problem, problem ~= nil
end

--- Ends the call: what it waits for raises an error of kind Canceled, and so does awaiting it. Returns false when it was complete.
function methods.cancel(future)
  check(future, 'cancel')
  if future.done then return false end
  local state = hidden[future]
  if not state then error('future:cancel: expected a future of funcs.async, got ' .. got(future), 2) end
  local problem = errors.make { message = 'the call was canceled', kind = errors.kinds.CANCELED }
  future.canceled = true
  if state.task then
    dispatcher.cancel(state.task, problem)
  elseif state.canceled then
    state.canceled()
  end
  complete(future, nil, problem)
  return true
end

--- Returns a channel that gets one payload when the call is complete, whose `data()` returns the value; or, when the call has failed, its
--- error.
function methods.response(future)
  check(future, 'response')
  if not future.outlet then
    -- It gives channels their methods; most futures have none.
    require 'stdlib.channel'
    future.outlet = queue.new(1)
    if future.done then announce(future) end
  end
  return future.outlet
end
methods.channel = methods.response

return M
