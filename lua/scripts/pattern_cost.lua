-- How much LuaJIT's own pattern matching may take: for each pattern the longest text on which it is provably quick.
--
-- The bound is what backtracking may cost at worst, counted in characters and items that are looked at, from the end of a pattern to
-- its beginning: a repetition tries what follows once for each length it may have, unless what follows begins with a character that the
-- repetition can't take, where only one length has any hope.
local find, sub, byte, char = string.find, string.sub, string.byte, string.char
local ipairs, pairs, floor = ipairs, pairs, math.floor

local M = {}

-- What LuaJIT may spend on one call: a nanosecond or two each.
local BUDGET = 1e7
-- Longer patterns are not looked at.
local LONGEST = 2000

local sets, count = {}, 0

--- Returns the characters that an item of a pattern without its repetition takes, as a table from codes to true; LuaJIT itself is asked.
---@param item string
---@return table<integer, true>
function M.set(item)
  local set = sets[item]
  if set then return set end
  if count >= 500 then
    sets, count = {}, 0
  end
  set, count = {}, count + 1
  for code = 0, 255 do
    if find(char(code), '^' .. item) then set[code] = true end
  end
  sets[item] = set
  return set
end

-- Where the class that begins at `at` ends; nil for a malformed one.
local function class_end(pattern, at)
  local first = sub(pattern, at, at)
  if first == '%' then return at < #pattern and at + 1 or nil end
  if first ~= '[' then return at end
  at = at + 1
  if sub(pattern, at, at) == '^' then at = at + 1 end
  repeat
    local c = sub(pattern, at, at)
    if c == '' then return nil end
    at = at + 1
    if c == '%' and at <= #pattern then at = at + 1 end
  until sub(pattern, at, at) == ']'
  return at
end

-- The items that cost something, {kind, set}; what is malformed ends them, since matching ends there.
local function items_of(pattern, at)
  local items = {}
  while at <= #pattern do
    local two = sub(pattern, at, at + 1)
    local first = sub(two, 1, 1)
    if first == '(' or first == ')' then
      at = at + 1
    elseif first == '$' and at == #pattern then
      items[#items + 1] = { kind = 'end' }
      break
    elseif two == '%b' then
      items[#items + 1] = { kind = 'scan' }
      at = at + 4
    elseif find(two, '^%%%d') then
      items[#items + 1] = { kind = 'scan' }
      at = at + 2
    elseif two == '%f' then
      local stop = sub(pattern, at + 2, at + 2) == '[' and class_end(pattern, at + 2)
      if not stop then break end
      items[#items + 1] = { kind = 'frontier' }
      at = stop + 1
    else
      local stop = class_end(pattern, at)
      if not stop then break end
      local repetition = sub(pattern, stop + 1, stop + 1)
      if repetition == '' or not find('*+-?', repetition, 1, true) then repetition = nil end
      items[#items + 1] = { kind = repetition or 'one', set = M.set(sub(pattern, at, stop)) }
      at = stop + 1 + (repetition and 1 or 0)
    end
  end
  return items
end

-- Says whether what follows an item must begin with a character that the item does not take.
local function excludes(item, next)
  if not next or next.kind ~= 'one' and next.kind ~= '+' then return false end
  for code in pairs(item.set) do
    if next.set[code] then return false end
  end
  return true
end

-- What matching may cost at one place of a text of `n` characters.
local function cost(items, n)
  local rest = 1
  for i = #items, 1, -1 do
    local item = items[i]
    local kind = item.kind
    if kind == 'one' or kind == 'end' or kind == 'frontier' then
      rest = rest + 1
    elseif kind == 'scan' then
      rest = rest + n
    elseif kind == '?' then
      rest = item.sure and rest + 2 or 2 * rest + 2
    elseif i == #items then
      rest = n + 2
    else
      rest = item.sure and 2 * n + rest + 2 or (n + 1) * (rest + 1) + n
    end
  end
  return rest
end

-- The items of a pattern, each knowing whether it tries what follows once only.
local function analyzed(pattern, anchored)
  -- LuaJIT reads a pattern up to its first zero.
  pattern = sub(pattern, 1, (find(pattern, '\0', 1, true) or 0) - 1)
  local items = items_of(pattern, anchored and 2 or 1)
  for i, item in ipairs(items) do
    item.sure = item.set and excludes(item, items[i + 1])
  end
  return items
end

--- Returns what matching a pattern with a text of `n` characters may cost at worst.
---@param pattern string
---@param anchored boolean
---@param n number
---@return number
function M.bound(pattern, anchored, n) return cost(analyzed(pattern, anchored), n) * (anchored and 1 or n + 1) end

--- Returns the length of the longest text on which LuaJIT matches a pattern quickly, at one place where it is anchored and at any else.
---@param pattern string
---@param anchored boolean
---@return number
function M.longest(pattern, anchored)
  if not find(pattern, '[*+?-]') and not find(pattern, '%%[b%d]') then return BUDGET / (#pattern + 1) - 1 end
  if #pattern > LONGEST then return -1 end
  local items = analyzed(pattern, anchored)
  local function fits(n) return cost(items, n) * (anchored and 1 or n + 1) <= BUDGET end
  -- A power of two is near enough.
  if not fits(1) then return -1 end
  local low, high = 0, 32
  while high - low > 1 do
    local middle = floor((low + high) / 2)
    if fits(2 ^ middle) then
      low = middle
    else
      high = middle
    end
  end
  return 2 ^ low
end

--- Says whether a pattern is anchored at its beginning.
---@param pattern string
---@return boolean
function M.anchored(pattern) return byte(pattern, 1) == 94 end

return M
