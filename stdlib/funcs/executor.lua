-- Executors: calls with a limit on how long they take, with retries, and with a context. An executor never changes; `with_options` and
-- `with_context` make another.
local calls = require 'lua.calls.calls'
local context = require 'lua.calls.context'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local future = require 'stdlib.funcs.future'
local options = require 'stdlib.values.options'
local retries = require 'stdlib.values.retries'
local with_methods = require 'stdlib.values.methods'

local error, type, setmetatable, getmetatable, tostring, select = error, type, setmetatable, getmetatable, tostring, select
local KINDS = errors.kinds

local M = {}

local methods = {}
-- For the REPL, which watches calls.
M.methods = methods

local EXECUTOR = {
  __metatable = 'executor',
  __newindex = function() error("an executor can't be changed, with_options and with_context make another", 2) end,
}
EXECUTOR.__index = with_methods(methods, 'an executor')
EXECUTOR.__tostring = function() return 'executor' end

-- What is worth another try: errors that say so, and those that are a matter of the moment.
local MOMENTARY = { [KINDS.UNAVAILABLE] = true, [KINDS.TIMEOUT] = true, [KINDS.RATE_LIMITED] = true }

local function check(executor, method)
  if getmetatable(executor) ~= 'executor' then
    error('executor:' .. method .. ' is called on a ' .. type(executor) .. ', write executor:' .. method .. '(...)', 3)
  end
end

local OPTIONS = {
  -- A bare number is milliseconds here, as in the limits of an entry.
  timeout = function(value)
    if type(value) == 'number' then value = value * 1e6 end
    local ns, wrong = options.duration(value)
    if ns == 0 then return nil, 'expected a duration longer than 0, got ' .. tostring(value) end
    return ns, wrong
  end,
  retry = function(value)
    local given, wrong = options.read(value, retries.OPTIONS, 'retry')
    return given, wrong
  end,
}

--- Returns an executor without options.
function M.new() return setmetatable({ timeout = false, retry = false, context = false }, EXECUTOR) end

--- Returns an executor with these options: `timeout` ("5s", a Duration, or milliseconds) for each attempt, and `retry`, a table of
--- `max_attempts` (3), `initial_delay` ("100ms"), `max_delay` ("30s"), `backoff_factor` (2) and `jitter` (0; a share of the delay).
function methods.with_options(executor, wanted)
  check(executor, 'with_options')
  local given, wrong = options.read(wanted, OPTIONS, 'options')
  if not given then error('executor:with_options: ' .. wrong, 2) end
  return setmetatable(
    { timeout = given.timeout or executor.timeout, retry = given.retry or executor.retry, context = executor.context },
    EXECUTOR
  )
end

--- Returns an executor whose calls have the values of a table in their context, on top of what is there: functions in Lua get them with
--- `ctx.get(name)`, and so do those that they call, in other lanes too.
function methods.with_context(executor, values)
  check(executor, 'with_context')
  local made, wrong = context.new(values, executor.context or nil)
  if not made then error('executor:with_context: ' .. wrong, 2) end
  return setmetatable({ timeout = executor.timeout, retry = executor.retry, context = made }, EXECUTOR)
end

local function attempt(executor, id, ...)
  local ns = executor.timeout
  if not ns then return calls.call(id, ...) end
  local known = calls.known(id)
  if known and known.immediate then return known.call(...) end
  if not known and not dispatcher.current() then return calls.call(id, ...) end
  -- One that is not known yet may have to wait for its code first.
  ---@type any
  local started = known and future.run(known.call, ...) or future.run(calls.call, id, ...)
  local value, err = started:await(ns)
  if not started:is_complete() then
    started:cancel()
    err = errors.make {
      message = ('%s: took longer than its timeout of %.14g ms'):format(id, ns / 1e6),
      kind = KINDS.TIMEOUT,
      retryable = true,
      entry = id,
    }
  end
  return value, err
end

local function worth_it(problem) return problem:retryable() or MOMENTARY[problem:kind()] end

local function perform(executor, id, ...)
  if not executor.retry then return attempt(executor, id, ...) end
  return retries.run(executor.retry, worth_it, attempt, executor, id, ...)
end

--- Calls as `funcs.call` does, under the executor's options.
local function call(executor, id, ...)
  check(executor, 'call')
  local many = future.too_many(tostring(id), select('#', ...))
  if many then return nil, many end
  if executor.context then return context.within(executor.context, perform, executor, id, ...) end
  return perform(executor, id, ...)
end
methods.call = call

--- Starts a call as `funcs.async` does, under the executor's options.
function methods.async(executor, id, ...)
  check(executor, 'async')
  local known, problem = calls.find(id)
  if not known then return nil, problem end
  local many = future.too_many(id, select('#', ...))
  if many then return nil, many end
  if not (executor.timeout or executor.retry or executor.context) then return future.start(id, ...) end
  return future.pooled(known, call, executor, id, ...)
end

return M
