-- Calls of a script's functions whose errors come back: all but what ends the caller too, its own cancellation and `os.exit`.
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local exits = require 'lua.values.exits'
local interrupt = require 'lua.dispatcher.interrupt'
local nursery = require 'stdlib.groups.nursery'
local tasks = require 'lua.dispatcher.tasks'

local xpcall, error = xpcall, error
local problem_of, current = nursery.problem_of, dispatcher.current
local KINDS = errors.kinds

local M = {}

-- What need not be tried again: it would fail in the same way.
local LASTING = {
  [KINDS.INVALID] = true,
  [KINDS.NOT_FOUND] = true,
  [KINDS.ALREADY_EXISTS] = true,
  [KINDS.PERMISSION_DENIED] = true,
  [KINDS.CANCELED] = true,
}

local function report(problem)
  if errors.is_error(problem) then return problem end
  return errors.from(problem, { lua_stack = errors.frames(2) })
end

--- Calls `f(...)` as `pcall`; what it raises comes as an error value, with where it was.
---@param f function
---@param ... any
---@return boolean
---@return any ...
function M.call(f, ...) return xpcall(f, report, ...) end

--- Raises what must not be caught: `os.exit`, and the end of code whose time is up.
---@param problem any
function M.check(problem)
  interrupt.check()
  if exits.status(problem) then error(problem, 0) end
end

local function settled(ok, value, problem)
  if ok then
    problem = problem_of(value, problem)
    if problem == nil then return value end
    return nil, problem
  end
  M.check(value)
  local task = current()
  if task and tasks.is_cancellation(task, value) then error(value, 0) end
  return nil, value
end

--- Calls `f(...)`; returns its value, or nil and what it has raised or returned as its error.
---@param f function
---@param ... any
---@return any value
---@return any problem
function M.value(f, ...) return settled(xpcall(f, report, ...)) end

--- Tells whether another try may help after an error.
---@param problem any
---@return boolean
function M.worth_it(problem)
  local retryable = problem:retryable()
  if retryable ~= nil then return retryable end
  return not LASTING[problem:kind()]
end

return M
