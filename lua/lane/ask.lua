-- The host as modules of the standard library reach it: questions to Python, answered here or on another thread.

local buffer = require 'string.buffer'
local away = require 'lua.dispatcher.away'
local errors = require 'lua.values.errors'
local intermediate = require 'lua.values.intermediate'

local select, type = select, type

local M = {}

local host

local function nothing() end

local function answered(answer)
  if type(answer) == 'table' and answer.failed then
    return nil, errors.make { kind = answer.kind, message = answer.message, retryable = answer.retryable }
  end
  return answer
end

--- Gives what the callback `name` of stdlib/modules.py answers, or nil and an error value.
---@param name string
---@param ... any
---@return any
---@return Error?
function M.ask(name, ...) return answered(buffer.decode(host[name](...))) end

--- Tells whether the host answers a callback, which not every lane has.
---@param name string
---@return boolean
function M.listens(name) return host[name] ~= nil end

--- Has Python make a call on another thread, whose answer comes to `away.answered`; gives an error value when that could not be begun.
---@param number integer
---@param target string
---@param arguments string
---@return Error?
function M.start(number, target, arguments)
  local _, problem = answered(buffer.decode(host.start(number, target, arguments)))
  return problem
end

--- The same on another thread, while other tasks of the lane go on; for what may take long.
---@param name string
---@param ... any
---@return any
---@return Error?
function M.ask_away(name, ...)
  if not away.possible() then return M.ask(name, ...) end
  local arguments, why = intermediate.encode_all(select('#', ...), ...)
  if not arguments then return nil, errors.make { kind = errors.kinds.INVALID, message = name .. ': ' .. why } end
  local _, answer, problem = away.call(function(number) return M.start(number, name, arguments) end, nothing, name)
  if problem then return nil, problem end
  return answered(buffer.decode(answer))
end

-- What a task has given: true and its result, or false, a kind, a message and details.
local function outcome(answer)
  local values = intermediate.decode_all(answer)
  if values[1] == true then return values[2] end
  if values[1] == false then return nil, errors.make { kind = values[2], message = values[3], details = values[4] } end
  return answered(values[1])
end

--- Has a task of stdlib/tasks/tasks.py done: `here`, which others wait for; on a `thread`; or in a process `apart`, which ends when
--- nobody waits for it any more. Gives its result, or nil and an error value.
---@param where 'here'|'thread'|'apart'
---@param name string
---@param ... any
---@return any
---@return Error?
function M.perform(where, name, ...)
  local arguments, why = intermediate.encode_all(select('#', ...), ...)
  if not arguments then return nil, errors.make { kind = errors.kinds.INVALID, message = name .. ': ' .. why:gsub('^argument 1: ', '') } end
  if where == 'here' or not away.possible() then return outcome(host.task(name, arguments)) end
  local target = where .. ' ' .. name
  local _, answer, problem = away.call(
    function(number) return M.start(number, target, arguments) end,
    function(number) host.forsake(number) end,
    name
  )
  if problem then return nil, problem end
  return outcome(answer)
end

--- Tells whether there is a host to ask.
---@return boolean
function M.ready() return host ~= nil end

--- Sets the table of callbacks.
---@param given table<string, function>
function M.setup(given) host = given end

return M
