-- How many arguments a call may have. LuaJIT itself takes some 8000 values from C and some 65,000 on a stack, counts what stands there
-- already, and raises past that wherever it happens to be: what is handed over counts first.
local M = {}

--- How many arguments a call may have.
M.MOST = 4000
local MOST = M.MOST

--- Returns a sentence when `count` is more than a call may have; else nil.
---@param count integer
---@return string?
function M.too_many(count)
  if count <= MOST then return nil end
  return 'expected at most ' .. MOST .. ' arguments, got ' .. count .. ': pass them in a table'
end

return M
