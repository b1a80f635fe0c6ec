-- Trying again: how often, and after which pauses.
local dispatcher = require 'lua.dispatcher.dispatcher'
local options = require 'stdlib.values.options'

local error, min, random = error, math.min, math.random

local M = {}

--- The options, as stdlib/values/options.lua reads them.
M.OPTIONS = {
  max_attempts = options.number(1, true),
  initial_delay = options.duration,
  max_delay = options.duration,
  backoff_factor = options.number(1),
  jitter = options.number(0),
}

--- Calls `attempt(...)`, which gives value, err, until there is no err, `worth(err)` says that another try can't help, or it was
--- tried often enough; gives what the last try gave.
---@param retry table
---@param worth fun(problem: any): boolean
---@param attempt function
---@param ... any
---@return any value
---@return any problem
function M.run(retry, worth, attempt, ...)
  local value, problem = attempt(...)
  local delay = retry.initial_delay or 100e6
  for _ = 2, retry.max_attempts or 3 do
    if problem == nil or not worth(problem) then break end
    local wait = min(delay, retry.max_delay or 30e9) * (1 + (retry.jitter or 0) * random())
    local canceled = dispatcher.sleep(wait, 'retry')
    if canceled then error(canceled, 0) end
    delay = delay * (retry.backoff_factor or 2)
    value, problem = attempt(...)
  end
  return value, problem
end

return M
