-- Objects of the module `fs`: userdata with methods, whose state no script can reach.
local with_methods = require 'stdlib.values.methods'

local newproxy, getmetatable, type = newproxy, getmetatable, type
local setfields = debug.setfenv

local M = {}

--- Names a value for a sentence.
---@param value any
---@return string
function M.described(value)
  if value == nil then return 'nothing' end
  return type(value) == 'userdata' and 'another object' or 'a ' .. type(value)
end

--- Makes a class: `methods` to fill, `new(state)`, and `state(value)`, nil for what is none of the class. `collected(state)` is
-- called some time after nobody holds an object any more.
---@param name string
---@param what string
---@param show function
---@param collected? function
---@return table
function M.class(name, what, show, collected)
  local prototype = newproxy(true)
  local meta = getmetatable(prototype)
  local methods = {}
  -- Weak on both sides, and only an index: an object's environment keeps its state alive.
  local states = setmetatable({}, { __mode = 'kv' })

  meta.__metatable = name
  meta.__newindex = function() error(what .. " can't be changed", 2) end
  meta.__tostring = function(value) return states[value] and show(states[value]) or name end
  meta.__index = with_methods(methods, what)
  -- The index is cleared before the finalizer runs; the environment is still there.
  if collected then meta.__gc = function(value) collected(debug.getfenv(value)) end end

  local class = { methods = methods }
  function class.new(state)
    local value = newproxy(prototype)
    setfields(value, state)
    states[value] = state
    return value
  end
  function class.state(value) return type(value) == 'userdata' and states[value] or nil end
  return class
end

return M
