-- Lua's patterns matched in Lua, with their steps counted: for what LuaJIT's own functions may take too long on.
--
-- This is LuaJIT's algorithm, from lib_string.c, with its order, its limits and its messages; the tests hold it against the original.
-- Nothing of a script's runs meanwhile, so the state of the match is shared.
local ffi = require 'ffi'
local cost = require 'lua.scripts.pattern_cost'
local interrupt = require 'lua.dispatcher.interrupt'

local sub = string.sub
local error, pcall, pairs = error, pcall, pairs
local text_type, set_type = ffi.typeof 'const uint8_t *', ffi.typeof 'uint8_t[256]'

local M = {}

-- How many steps a call may take: so many, and so many more for each character of its text.
local STEPS, STEPS_EACH = 2e7, 100
-- Steps between two looks whether the running code is to end.
local SLICE = 2 ^ 17
local MOST_CAPTURES, MOST_DEEP = 32, 200
local UNFINISHED, POSITION = -1, -2
local NONE = -1

local source, length, pattern -- the text and the pattern as bytes, both followed by a zero
local words -- the pattern as a string
local classes -- by where it begins: where the class at a place of the pattern ends, and its set
local level -- how many captures there are
local begins, sizes = ffi.new 'int32_t[32]', ffi.new 'int32_t[32]'
local left, slice = 0, 0

local function refill()
  left = left - (SLICE - slice)
  slice = SLICE
  if left < 0 then
    error(('pattern too complex: it takes more than %.0f steps on a text of %d bytes'):format(STEPS + STEPS_EACH * length, length), 0)
  end
  interrupt.check()
end

local function spend(steps)
  slice = slice - steps
  if slice < 0 then refill() end
end

-- Classes ------------------------------------------------------------------------------------------------------

local PERCENT, OPEN, CLOSE, CARET = 37, 91, 93, 94

local function class_end(p)
  local first = pattern[p]
  p = p + 1
  if first == PERCENT then
    if pattern[p] == 0 then error("malformed pattern (ends with '%')", 0) end
    return p + 1
  elseif first == OPEN then
    if pattern[p] == CARET then p = p + 1 end
    repeat
      local c = pattern[p]
      if c == 0 then error("malformed pattern (missing ']')", 0) end
      p = p + 1
      if c == PERCENT and pattern[p] ~= 0 then p = p + 1 end
    until pattern[p] == CLOSE
    return p + 1
  end
  return p
end

-- The class at a place of the pattern: {stop = where it ends, set = what it takes}.
local function class_at(p)
  local class = classes[p]
  if not class then
    local stop = class_end(p)
    class = { stop = stop, set = ffi.new(set_type) }
    for code in pairs(cost.set(sub(words, p + 1, stop))) do
      class.set[code] = 1
    end
    classes[p] = class
  end
  return class
end

-- Matching -----------------------------------------------------------------------------------------------------

local match

local function longest_first(s, set, p, depth)
  local i, most = 0, length - s
  while i < most and set[source[s + i]] ~= 0 do
    i = i + 1
  end
  spend(i)
  while i >= 0 do
    local stop = match(s + i, p, depth)
    if stop ~= NONE then return stop end
    i = i - 1
  end
  return NONE
end

local function shortest_first(s, set, p, depth)
  while true do
    local stop = match(s, p, depth)
    if stop ~= NONE then return stop end
    if s < length and set[source[s]] ~= 0 then
      s = s + 1
    else
      return NONE
    end
  end
end

local function balanced(s, p)
  local first, last = pattern[p], pattern[p + 1]
  if first == 0 or last == 0 then error('unbalanced pattern', 0) end
  if source[s] ~= first then return NONE end
  local open, from = 1, s
  s = s + 1
  while s < length do
    local c = source[s]
    if c == last then
      open = open - 1
      if open == 0 then
        spend(s - from)
        return s + 1
      end
    elseif c == first then
      open = open + 1
    end
    s = s + 1
  end
  spend(s - from)
  return NONE
end

-- The text of a capture again.
local function same_again(s, digit)
  local index = digit - 49
  if index < 0 or index >= level or sizes[index] == UNFINISHED then error('invalid capture index', 0) end
  local size, from = sizes[index], begins[index]
  if size < 0 or length - s < size then return NONE end
  for i = 0, size - 1 do
    if source[from + i] ~= source[s + i] then
      spend(i)
      return NONE
    end
  end
  spend(size)
  return s + size
end

local function open_capture(s, p, size, depth)
  if level >= MOST_CAPTURES then error('too many captures', 0) end
  begins[level], sizes[level] = s, size
  level = level + 1
  local stop = match(s, p, depth)
  if stop == NONE then level = level - 1 end
  return stop
end

local function close_capture(s, p, depth)
  local index = level - 1
  while index >= 0 and sizes[index] ~= UNFINISHED do
    index = index - 1
  end
  if index < 0 then error('invalid pattern capture', 0) end
  sizes[index] = s - begins[index]
  local stop = match(s, p, depth)
  if stop == NONE then sizes[index] = UNFINISHED end
  return stop
end

local function at_frontier(s, p)
  if pattern[p] ~= OPEN then error("missing '[' after '%f' in pattern", 0) end
  local class = class_at(p)
  local before = s == 0 and 0 or source[s - 1]
  return class.set[before] == 0 and class.set[source[s]] ~= 0 and class.stop
end

-- Matches the pattern from `p` on with the text from `s` on; gives where the match ends, or NONE.
function match(s, p, depth)
  depth = depth + 1
  if depth > MOST_DEEP then error('pattern too complex', 0) end
  while true do
    spend(1)
    local c = pattern[p]
    local following = pattern[c == 0 and p or p + 1]
    if c == 0 then return s end
    if c == 40 then
      if following == 41 then return open_capture(s, p + 2, POSITION, depth) end
      return open_capture(s, p + 1, UNFINISHED, depth)
    elseif c == 41 then
      return close_capture(s, p + 1, depth)
    elseif c == 36 and following == 0 then
      return s == length and s or NONE
    elseif c == PERCENT and following == 98 then
      s = balanced(s, p + 2)
      if s == NONE then return NONE end
      p = p + 4
    elseif c == PERCENT and following == 102 then
      local stop = at_frontier(s, p + 2)
      if not stop then return NONE end
      p = stop
    elseif c == PERCENT and following >= 48 and following <= 57 then
      s = same_again(s, following)
      if s == NONE then return NONE end
      p = p + 2
    else
      local class = class_at(p)
      local set, stop = class.set, class.stop
      local matches = s < length and set[source[s]] ~= 0
      local repetition = pattern[stop]
      if repetition == 63 then
        if matches then
          local answer = match(s + 1, stop + 1, depth)
          if answer ~= NONE then return answer end
        end
        p = stop + 1
      elseif repetition == 42 then
        return longest_first(s, set, stop + 1, depth)
      elseif repetition == 43 then
        if not matches then return NONE end
        return longest_first(s + 1, set, stop + 1, depth)
      elseif repetition == 45 then
        return shortest_first(s, set, stop + 1, depth)
      elseif matches then
        s, p = s + 1, stop
      else
        return NONE
      end
    end
  end
end

-- The set that the first character of a match must be in, or nil.
local function first_set(p)
  local c = pattern[p]
  if c == 0 or c == 36 or c == 40 or c == 41 then return nil end
  local following = pattern[p + 1]
  if c == PERCENT and (following == 98 or following == 102 or following >= 48 and following <= 57) then return nil end
  local ok, class = pcall(class_at, p)
  if not ok then return nil end
  local repetition = pattern[class.stop]
  if repetition == 42 or repetition == 45 or repetition == 63 then return nil end
  return class.set
end

local function scan(s, p, anchored)
  local set = not anchored and first_set(p)
  while true do
    if set then
      local from = s
      while s < length and set[source[s]] == 0 do
        s = s + 1
      end
      spend(s - from)
      if s >= length then return nil end
    end
    level = 0
    local stop = match(s, p, 0)
    if stop ~= NONE then return s, stop end
    if anchored or s >= length then return nil end
    s = s + 1
  end
end

-- Calls -------------------------------------------------------------------------------------------------------

--- Returns what a call may spend on a text: a table that `search` counts down.
---@param text string
---@return table
function M.budget(text) return { left = STEPS + STEPS_EACH * #text } end

--- Finds the first match from `init` on, a number from 1 to one past the text. Returns where it begins and ends, or nil; or false and
--- what is wrong. `known` is the pattern's table, `anchored` says that the match must begin there, as the pattern's first
--- character says. The captures are those of `capture`.
---@param text string
---@param words_given string
---@param init integer
---@param anchored boolean
---@param known table
---@param budget table
---@return integer|false|nil
---@return integer|string|nil
function M.search(text, words_given, init, anchored, known, budget)
  classes, words, length = known, words_given, #text
  source, pattern = ffi.cast(text_type, text), ffi.cast(text_type, words)
  left, slice = budget.left, 0
  local ok, first, stop = pcall(scan, init - 1, anchored and 1 or 0, anchored)
  budget.left = left + slice
  if not ok then return false, first end
  if first then return first + 1, stop end
end

--- Returns how many captures the last match has.
function M.captures() return level end

--- Returns a capture of the last match, by its number from 1: nil and a problem where it has no end.
---@param text string
---@param index integer
---@return string|integer|nil
---@return string?
function M.capture(text, index)
  local size, from = sizes[index - 1], begins[index - 1]
  if size == UNFINISHED then return nil, 'unfinished capture' end
  if size == POSITION then return from + 1 end
  return sub(text, from + 1, from + size)
end

return M
