-- Finds the name somebody probably meant.
local min, floor, max = math.min, math.floor, math.max

local M = {}

-- Names longer than this are cut: the cost is quadratic, and names come from outside.
local LONGEST = 64

--- Returns the number of insertions, deletions, replacements and swaps of neighbors between two strings.
---@param a string
---@param b string
---@return integer
function M.distance(a, b)
  a, b = a:sub(1, LONGEST), b:sub(1, LONGEST)
  local before, previous, row = {}, {}, {}
  for j = 0, #b do
    previous[j] = j
  end
  for i = 1, #a do
    row[0] = i
    local x = a:byte(i)
    for j = 1, #b do
      local y = b:byte(j)
      local best = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (x == y and 0 or 1))
      if i > 1 and j > 1 and x == b:byte(j - 1) and a:byte(i - 1) == y then best = min(best, before[j - 2] + 1) end
      row[j] = best
    end
    before, previous, row = previous, row, before
  end
  return previous[#b]
end

--- Returns the candidate nearest to `name`, or nil when none is near; letter case and `-` against `_` count little.
---@param name string
---@param candidates string[]
---@return string?
function M.find(name, candidates)
  local wanted = name:lower():gsub('-', '_')
  local limit = max(1, floor(min(#wanted, LONGEST) / 3))
  local found, least
  for _, candidate in ipairs(candidates) do
    local known = candidate:lower():gsub('-', '_')
    if math.abs(#known - #wanted) <= limit then
      local steps = M.distance(wanted, known)
      if steps <= limit and (not least or steps < least or steps == least and candidate < found) then
        found, least = candidate, steps
      end
    end
  end
  return found
end

--- Returns `, did you mean 'x'?`, or the empty string when nothing is near.
---@param name string
---@param candidates string[]
---@return string
function M.hint(name, candidates)
  local found = type(name) == 'string' and M.find(name, candidates)
  return found and (", did you mean '" .. found .. "'?") or ''
end

--- Returns the same, of the names that a table has as keys.
---@param name string
---@param known table<string, any>
---@return string
function M.hint_of(name, known)
  local names = {}
  for each in pairs(known) do
    names[#names + 1] = each
  end
  return M.hint(name, names)
end

return M
