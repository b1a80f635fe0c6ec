-- What ends a script's code where it computes: when the limit of its function has passed, and when the user of the REPL wants it to.
--
-- LuaJIT looks for hooks only in code that it interprets. So what may be ended is interpreted (see `sandbox.load`), under a hook that
-- looks every few hundred instructions; it covers coroutines, callbacks and metamethods too. Once it has found that the code is to end
-- it raises at every instruction of a script, so that no pcall of it goes on; the host's own code goes on undisturbed. Code of the
-- host that loops for a script, however long the script's data makes it, calls `check` now and then.
--
local clock = require 'lua.dispatcher.clock'
local errors = require 'lua.values.errors'
local exits = require 'lua.values.exits'

local sethook, getinfo, getfields = debug.sethook, debug.getinfo, debug.getfenv
local error, pcall, select = error, pcall, select
local monotonic, exit_status = clock.monotonic, exits.status

local M = {}

--- The limit of a call of a function in Lua.
---@class CallLimit
---@field id string of its entry
---@field ms number
---@field ends number when it has passed on the monotonic clock, in nanoseconds
---@field outer CallLimit? the one around it
---@field late any? the error that it ended with
---@field tasks table<Task, true> those that run under it

local HOST = _G

-- How many instructions there are between two looks.
local EVERY = 500

local running -- the task that runs under a limit
local look, raised -- the REPL's

--- Returns the error of a limit that has passed.
---@param limit CallLimit
---@param stack table? where its code was
function M.late(limit, stack)
  if not limit.late then limit.late = errors.late(limit.id, limit.ms, { retryable = true, entry = limit.id, lua_stack = stack or {} }) end
  return limit.late
end

-- The error that the running code is to end with, or nil.
local function verdict()
  local limit = running and running.limit
  if limit then
    local now, passed = monotonic(), nil
    while limit do
      if now >= limit.ends then passed = limit end
      limit = limit.outer
    end
    if passed then
      local problem = passed.late or M.late(passed, errors.frames(2))
      -- Where it waits from now on it ends too.
      running.problem = running.problem or problem
      return problem
    end
  end
  return look and look()
end

local function hook()
  local problem = verdict()
  if not problem then return end
  sethook(hook, '', 1)
  local info = getinfo(2, 'f')
  if info and getfields(info.func) ~= HOST then
    if raised then raised() end
    error(problem, 0)
  end
end

--- Raises when the running code is to end. For loops of the host that may take long.
function M.check()
  local problem = (running or look) and verdict()
  if not problem then return end
  sethook(hook, '', 1)
  if raised then raised() end
  error(problem, 0)
end

local check = M.check

local function caught(ok, ...)
  if ok then return true, ... end
  check()
  if exit_status((...)) then error((...), 0) end
  return false, ...
end

--- Calls as `pcall`, for what a script catches. A hook needs room on the stack: where there is too little, at the bottom of a recursion, it
--- fails, and code that catches that and goes down again would never be ended. So whoever catches an error looks too, and where there is no
--- room for that either the error goes on upwards. The end that a script has asked for itself goes on upwards too.
---@param ... any
---@return boolean
---@return any
function M.pcall(...)
  if select('#', ...) == 0 then return pcall() end
  return caught(pcall(...))
end
M.caught, errors.caught = caught, caught

--- Says whether the running code may be ended.
---@return boolean
function M.active() return (running or look) ~= nil end

--- Has hooks be as far apart as they are when nothing is to end.
local function calm()
  if look or running then
    sethook(hook, '', EVERY)
  else
    sethook()
  end
end
M.calm = calm

--- Begins what a task under a limit does until it waits, which `leave` ends.
---@param task Task
function M.enter(task)
  running = task
  calm()
end

--- Ends what `enter` has begun.
function M.leave()
  running = nil
  calm()
end

--- Has `find()` asked too, for what the running code is to end with; `told()` is called when that was raised.
---@param find function
---@param told function
function M.watch(find, told)
  look, raised = find, told
  calm()
end

return M
