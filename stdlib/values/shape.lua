-- Shapes of tables, and places in nested values.
local utf8 = require 'lua.values.utf8'

local next, type, concat = next, type, table.concat
local is_utf8 = utf8.string_is_utf8

local M = {}

--- Returns how many elements a sequence has, 0 for an empty table or a map; else nil, what it is, and whether that is
-- a sequence with holes.
---@param value table
---@return integer?
---@return string?
---@return boolean?
function M.length(value)
  local count, largest = 0, 0
  local named = false
  for key in next, value do
    local kind = type(key)
    if kind == 'number' then
      count = count + 1
      if key > largest then largest = key end
      if not (key >= 1 and key % 1 == 0) then return nil, 'a table with the key ' .. key end
    elseif kind == 'string' then
      named = true
    else
      return nil, 'a table with a ' .. kind .. ' as key'
    end
  end
  if count > 0 and named then return nil, 'a table with both numbers and names as keys' end
  if count ~= largest then return nil, 'a table with holes (' .. count .. ' elements, the last at ' .. largest .. ')', true end
  return count
end

local function step(key)
  if type(key) == 'number' then return '[' .. key .. ']' end
  if key:find '^[%a_][%w_]*$' then return '.' .. key end
  return '["' .. (is_utf8(key) and #key <= 64 and key or '?') .. '"]'
end

--- Returns the path of the first `depth` of `keys`, as `users[3].tags`; empty at the top.
---@param keys table
---@param depth integer
---@return string
function M.path(keys, depth)
  local steps = {}
  for i = 1, depth do
    steps[i] = step(keys[i])
  end
  return (concat(steps):gsub('^%.', ''))
end

--- Returns at which depth, of `tables` from 0 to `depth`, a table is that stands above itself; nil when none is.
---@param tables table
---@param depth integer
---@return integer?
function M.circle(tables, depth)
  local seen = {}
  for i = 0, depth do
    if tables[i] then
      if seen[tables[i]] then return i end
      seen[tables[i]] = true
    end
  end
end

return M
