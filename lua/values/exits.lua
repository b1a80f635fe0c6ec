-- The ends that scripts ask for by `os.exit`: error values that no `pcall` of a script catches (lua/dispatcher/interrupt.lua).
local errors = require 'lua.values.errors'

local setmetatable, type = setmetatable, type

local M = {}

-- What exits with more is taken to exit with this, the largest status that the system knows.
local MOST = 255

local statuses = setmetatable({}, { __mode = 'k' }) -- error value -> exit status

--- Makes the error value that ends a script with an exit status.
---@param status integer
---@return Error
function M.new(status)
  local exit = errors.make { message = 'os.exit(' .. status .. ')', kind = errors.kinds.CANCELED, lua_stack = {} }
  statuses[exit] = status
  return exit
end

--- Returns the exit status that an error value asks for; nil for any other value.
---@param problem any
---@return integer?
function M.status(problem) return problem ~= nil and statuses[problem] or nil end

--- Returns the exit status that a script's value stands for: a whole number itself, false 1, anything else 0.
---@param value any
---@return integer
function M.of(value)
  if value == false then return 1 end
  if type(value) ~= 'number' or value % 1 ~= 0 then return 0 end
  return value >= 0 and value <= MOST and value or MOST
end

return M
