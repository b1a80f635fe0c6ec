-- function.lua entries as functions that are called like any other: values are copied, errors come back.
local arguments = require 'lua.values.arguments'
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local exits = require 'lua.values.exits'
local interrupt = require 'lua.dispatcher.interrupt'
local intermediate = require 'lua.values.intermediate'
local rings = require 'lua.dispatcher.rings'
local scripts = require 'lua.scripts.scripts'

local M = {}

local select, xpcall, unpack, pairs, setmetatable = select, xpcall, unpack, pairs, setmetatable

-- How deep functions of one task may call each other before the C stack is in danger: each level is a protected call.
local MOST_NESTED = 150
local outside = { nested = 0 } -- stands in where no task runs

local function apply(f, values, count) return f(unpack(values, 1, count)) end

local function failed(id, kind, message) return nil, errors.make { message = message, kind = kind, entry = id } end

local function answer(id, task, ok, value, problem)
  task.nested = task.nested - 1
  -- Not our error, so perhaps the end of the stack, where no hook runs: see lua/dispatcher/interrupt.lua.
  if not ok and not errors.is_error(value) then interrupt.check() end
  -- What it has exited with is its value: it must not end its caller.
  if not ok and exits.status(value) then return exits.status(value) end
  if not ok then return nil, errors.is_error(value) and value or errors.from(value, { kind = errors.kinds.INTERNAL, entry = id }) end
  -- Anything else that comes second belongs to what gave the value: the count of `gsub`, the `ok` of a channel.
  if errors.is_error(problem) then return nil, problem end
  if type(problem) == 'string' then return nil, errors.make { message = problem, kind = errors.kinds.UNKNOWN, entry = id } end
  local encoded, why = intermediate.encode(value)
  if not encoded then
    return failed(id, errors.kinds.INVALID, ("%s: its result can't be passed on: %s"):format(id, (why:gsub('^value: ', ''))))
  end
  return (intermediate.decode(encoded))
end

-- Ends what still runs under a limit: what the function has spawned, and itself when its time is up.
local function close(limit, why)
  for task in pairs(limit.tasks) do
    dispatcher.cancel(task, why)
  end
end

-- `f`, ended after `ms` milliseconds, where it waits by a timer and where it computes by lua/dispatcher/interrupt.lua.
local function limited(id, ms, f)
  return function(...)
    local many = arguments.too_many(select('#', ...))
    if many then return failed(id, errors.kinds.INVALID, ('%s: %s'):format(id, many)) end
    local task, generation = dispatcher.ticket()
    if not task then return f(...) end
    local limit =
      { id = id, ms = ms, ends = clock.monotonic() + ms * 1e6, outer = task.limit, late = nil, tasks = setmetatable({}, { __mode = 'k' }) }
    local value, problem
    local child = dispatcher.spawn(function(...)
      value, problem = f(...)
      dispatcher.wake(task, generation)
    end, ...)
    child.limit, child.nested, child.stay = limit, task.nested, task.stay
    limit.tasks[child] = true
    local stopped = rings.await(child, limit.ends, 'funcs.call', id)
    if stopped and stopped ~= dispatcher.LATE then
      close(limit, stopped)
      error(stopped, 0)
    end
    if not stopped and not limit.late then
      close(limit)
      return value, problem
    end
    local late = interrupt.late(limit)
    close(limit, late)
    return nil, late
  end
end

--- Gives the function for an entry, or nil and an error; `stdlib` is what scripts.entry takes.
---@param entry border.LuaSource
function M.bind(entry, stdlib)
  local mode = { interpreted = entry.limit_ms ~= nil, chunks = {} }
  local f, problem = scripts.entry(entry, stdlib, mode)
  if not f then return nil, problem end
  local id = entry.id

  local function where(value)
    if errors.is_error(value) then return value end
    return errors.from(value, { kind = errors.kinds.INTERNAL, entry = id, lua_stack = errors.frames(2) })
  end

  local function call(...)
    local task = dispatcher.current() or outside
    if (task.nested or 0) >= MOST_NESTED then
      return failed(id, errors.kinds.INTERNAL, ('%s: functions call each other more than %d levels deep'):format(id, MOST_NESTED))
    end
    -- What a function under a limit calls is ended with it.
    if task.limit and not mode.interpreted then scripts.interpret(mode) end
    local encoded, why = intermediate.encode_all(select('#', ...), ...)
    if not encoded then return failed(id, errors.kinds.INVALID, ('%s: %s'):format(id, why)) end
    local values, count = intermediate.decode_all(encoded)
    task.nested = (task.nested or 0) + 1
    return answer(id, task, xpcall(apply, where, f, values, count))
  end
  return entry.limit_ms and limited(id, entry.limit_ms, call) or call
end

return M
