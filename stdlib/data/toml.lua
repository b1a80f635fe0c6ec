-- The module `toml`: TOML 1.0 to Lua values. Dates and times are text, as ISO 8601 writes them.
local bounds = require 'stdlib.data.bounds'
local callbacks = require 'lua.lane.ask'

local M = {}

--- Returns what a TOML text stands for, a table, or nil and an error with line and column.
---@param text string
---@return any
---@return any err
function M.decode(text)
  bounds.text(text, 'toml.decode', 'text')
  local problem = bounds.too_long(text, 'toml.decode')
  if problem then return nil, problem end
  return callbacks.perform(#text <= bounds.SHORT and 'here' or 'apart', 'toml.decode', text)
end

return M
