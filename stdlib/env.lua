-- The module `env`: the project's environment variables, entries of kind `env.variable`.
local callbacks = require 'lua.lane.ask'

local ask = callbacks.ask

local M = {}

local text = require 'stdlib.values.text' 'env'

--- Returns the value of a variable, by its entry's id or by its name, or nil and an error. A variable that has neither a
-- value nor a default is an error of kind NotFound.
function M.get(id)
  ---@type border.Variable?, Error?
  local answer, problem = ask('env_get', text(id, 'get', 'id'))
  if not answer then return nil, problem end
  return answer.value
end

--- Sets the value of a variable in its storage; returns true, or nil and an error.
function M.set(id, value)
  local answer, problem = ask('env_set', text(id, 'set', 'id'), text(value, 'set', 'value'))
  if not answer then return nil, problem end
  return true
end

--- Returns a table of all variables that have a value, by name, or nil and an error.
function M.get_all()
  ---@type border.Variables?, Error?
  local answer, problem = ask 'env_all'
  if not answer then return nil, problem end
  return answer.values
end

return M
