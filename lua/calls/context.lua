-- The context of a call: values by name that go with it, and with every call that is made for it, in this lane and in others.
--
-- A task has it in `task.context`: name -> encoded value, never changed once it is there, so that tasks and lanes may share it. Who
-- reads a value gets a copy of its own.
local dispatcher = require 'lua.dispatcher.dispatcher'
local intermediate = require 'lua.values.intermediate'

local error, pairs, pcall, type = error, pairs, pcall, type

local M = {}

--- Returns a context made of `values` on top of another one; or nil and what is wrong.
---@param values any expected to be a table by names
---@param below table?
---@return table?
---@return string? wrong
function M.new(values, below)
  if type(values) ~= 'table' then
    return nil, 'expected a table as the context, got ' .. (values == nil and 'nil' or 'a ' .. type(values))
  end
  local made = M.merge(below)
  for name, value in pairs(values) do
    if type(name) ~= 'string' then return nil, 'the names of a context are strings, not a ' .. type(name) end
    local encoded, why = intermediate.encode(value)
    if not encoded then return nil, intermediate.inside(name, why) end
    made[name] = encoded
  end
  return made
end

--- Returns what two contexts hold together; the second has the last word.
---@param below table?
---@param above table?
---@return table
function M.merge(below, above)
  local made = {}
  for name, encoded in pairs(below or {}) do
    made[name] = encoded
  end
  for name, encoded in pairs(above or {}) do
    made[name] = encoded
  end
  return made
end

local function current()
  local task = dispatcher.current()
  return task and task.context or nil
end
M.current = current

local function restore(task, before, ok, ...)
  task.context = before
  if not ok then error((...), 0) end
  return ...
end

--- Calls `f(...)` under a context, on top of the one there is.
---@param above table
---@param f function
function M.within(above, f, ...)
  local task = dispatcher.current()
  if not task then return f(...) end
  local before = task.context
  task.context = M.merge(before, above)
  return restore(task, before, pcall(f, ...))
end

--- Returns whether there is a value, and the value.
---@param name string
---@return boolean
---@return any
function M.get(name)
  local context = current()
  local encoded = context and context[name]
  if not encoded then return false end
  return true, (intermediate.decode(encoded))
end

--- Returns a table of all values by name.
---@return table<string, any>
function M.all()
  local values = {}
  for name, encoded in pairs(current() or {}) do
    values[name] = intermediate.decode(encoded)
  end
  return values
end

return M
