-- The functions of `string` that need care in a sandbox.
--
-- LuaJIT's own `gsub` runs callbacks, and `format` runs `__tostring`, from C and with no bound on how deep they nest:
-- a callback that calls gsub again ends the process. Here nothing of a script is run from C. A callback may therefore
-- also wait.
--
-- And LuaJIT matches patterns with no bound on how long that takes, where nothing can end it. So its functions get what they are
-- provably quick with, which is nearly all (lua/scripts/pattern_cost.lua); the rest is matched by lua/scripts/patterns.lua, a step at a
-- time.
local cost = require 'lua.scripts.pattern_cost'
local patterns = require 'lua.scripts.patterns'
local plain = require 'lua.scripts.plain_find'

local find, match, gmatch, gsub, format = string.find, string.match, string.gmatch, string.gsub, string.format
local sub, rep, byte = string.sub, string.rep, string.byte
local concat, floor = table.concat, math.floor
local type, select, tostring, error, getmetatable = type, select, tostring, error, getmetatable
local unpack, tonumber, pcall = unpack, tonumber, pcall

local M = {}

-- How long a string may be that is made of repetitions.
local MOST_TEXT = 2 ^ 28

-- Patterns -----------------------------------------------------------------------------------------------------

local shapes, count = {}, 0

-- What is known of a pattern: {most = the longest text that LuaJIT matches it with, anchored =, within = the same for gmatch, where
-- nothing is anchored, classes = for lua/scripts/patterns.lua, literal = whether nothing in it is special}.
local function shape_of(pattern)
  local shape = shapes[pattern]
  if shape then return shape end
  if count >= 2000 then
    shapes, count = {}, 0
  end
  local anchored = cost.anchored(pattern)
  local most = cost.longest(pattern, anchored)
  shape = {
    most = most,
    anchored = anchored,
    within = anchored and cost.longest(pattern, false) or most,
    classes = {},
    literal_classes = {},
    literal = not find(pattern, '[%^$*+?.(%[%%-]'),
  }
  shapes[pattern], count = shape, count + 1
  return shape
end

-- The captures of the last match, at most so many, or where there are none the whole of it, which begins at `first` where that is given.
local function captured(text, most, first, last)
  local captures = patterns.captures()
  if captures == 0 and first then return sub(text, first, last) end
  if captures > most then captures = most end
  local values = {}
  for i = 1, captures do
    local problem
    values[i], problem = patterns.capture(text, i)
    if problem then error(problem, 0) end
  end
  return unpack(values, 1, captures)
end

-- Raises what was caught: our sentence with the script's place, `level` functions up.
local function raise(problem, level) error(problem, type(problem) == 'string' and level + 1 or 0) end

-- A match from `init` on, or nil: where it begins and ends, and its captures, `most` of them at most, or where there are none the text
-- itself with `whole`.
local function search(text, pattern, init, shape, budget, whole, most)
  local first, last = patterns.search(text, pattern, init, shape.anchored, shape.classes, budget)
  if first == false then error(last, 0) end
  if first then return first, last, captured(text, most or 32, whole and first or nil, last) end
  return nil
end

-- Where a search begins, as LuaJIT reads its argument.
local function start_of(init, size)
  init = init == nil and 1 or tonumber(init)
  init = init < 0 and math.ceil(init) + size + 1 or floor(init)
  if init < 1 then return 1 end
  return init > size and size + 1 or init
end

local function without_place(ok, ...)
  if not ok then raise((...), 2) end
  return ...
end

local function only_captures(ok, first, _, ...)
  if not ok then raise(first, 2) end
  if first == nil then return nil end
  return ...
end

-- Says whether LuaJIT's own function is to be called: it is quick, or the arguments are wrong.
local function is_quick(text, pattern, init)
  local kind = type(text)
  if kind ~= 'string' and kind ~= 'number' or type(pattern) ~= 'string' then return true end
  if init ~= nil and not tonumber(init) then return true end
  return kind == 'number' or #text <= shape_of(pattern).most
end

--- Finds a pattern, as `string.find`.
---@param ... any
---@return integer?
---@return integer?
---@return any ... the captures
function M.find(...)
  local text, pattern, init, is_plain = ...
  if type(text) == 'string' and type(pattern) == 'string' and (is_plain or shape_of(pattern).literal) then
    if #text * #pattern <= plain.BUDGET or init ~= nil and not tonumber(init) then return find(...) end
    return plain.find(text, pattern, start_of(init, #text))
  end
  if is_quick(text, pattern, init) then return find(...) end
  return without_place(pcall(search, text, pattern, start_of(init, #text), shape_of(pattern), patterns.budget(text)))
end

--- Matches a pattern, as `string.match`.
---@param ... any
---@return any
function M.match(...)
  local text, pattern, init = ...
  if is_quick(text, pattern, init) then return match(...) end
  return only_captures(pcall(search, text, pattern, start_of(init, #text), shape_of(pattern), patterns.budget(text), true))
end

--- Returns an iterator over matches, as `string.gmatch`.
---@param ... any
---@return function
function M.gmatch(...)
  local text, pattern = ...
  if type(text) ~= 'string' or type(pattern) ~= 'string' then return gmatch(...) end
  local shape = shape_of(pattern)
  if #text <= shape.within then return gmatch(...) end
  local own = { anchored = false, classes = shape.literal_classes }
  local position, budget = 1, patterns.budget(text)
  local words = shape.anchored and '%' .. pattern or pattern
  local function next_match(first, last, ...)
    if not first then return nil end
    position = last >= first and last + 1 or first + 1
    return ...
  end
  local function found(ok, ...)
    if not ok then raise((...), 2) end
    return next_match(...)
  end
  return function()
    if position > #text + 1 then return nil end
    return found(pcall(search, text, words, position, own, budget, true))
  end
end

-- Replacing ----------------------------------------------------------------------------------------------------

local function replacement(whole, value)
  if not value then return whole end
  local kind = type(value)
  if kind == 'string' then return value end
  if kind == 'number' then return tostring(value) end
  -- Past step and substitute to the script.
  error('invalid replacement value (a ' .. kind .. ')', 4)
end

-- A match: where it starts and ends, its first capture or else its text, then the captures. A malformed pattern is
-- blamed on the script: called by pcall, find says no place of its own.
local function matched(text, ok, first, last, ...)
  if not ok then raise(first, 3) end
  if first then
    if select('#', ...) == 0 then return first, last, sub(text, first, last) end
    return first, last, ...
  end
end

local function substitute(text, limit, answer, pattern, anchored, most)
  local out, n, size = {}, 0, 0
  local position, replaced = 1, 0
  local length = #text
  local shape = shape_of(pattern)
  local own = length > shape.most
  local budget = own and patterns.budget(text)
  local function step(first, last, key, ...)
    if not first then return false end
    replaced = replaced + 1
    if first > position then
      n = n + 1
      out[n] = sub(text, position, first - 1)
    end
    n = n + 1
    out[n] = replacement(sub(text, first, last), answer(key, ...))
    size = size + #out[n]
    if size > MOST_TEXT then error('resulting string too large', 3) end
    if last >= first then
      position = last + 1
    else
      -- An empty match: the character after it is kept.
      n = n + 1
      out[n] = sub(text, first, first)
      position = first + 1
    end
    return true
  end
  while replaced < limit and position <= length + 1 do
    if own then
      if not step(matched(text, pcall(search, text, pattern, position, shape, budget, false, most))) then break end
    elseif not step(matched(text, pcall(find, text, pattern, position))) then
      break
    end
    if anchored then break end
  end
  if position <= length then out[n + 1] = sub(text, position) end
  return concat(out), replaced
end

-- A function that gives the text of a replacement for a match.
local function written(template)
  return function(whole, captures, get)
    return (
      gsub(template, '%%(.?)', function(digit)
        if not find(digit, '^%d') then return digit == '' and '\0' or digit end
        local index = tonumber(digit)
        if index == 0 or index == 1 and captures == 0 then return whole end
        if index > captures then error('invalid capture index', 0) end
        local value, problem = get(index)
        if problem then error(problem, 0) end
        return tostring(value)
      end)
    )
  end
end

-- Replaces by a text with the captures in it.
local function replace(text, pattern, template, limit, shape)
  local out, n, size, replaced, position = {}, 0, 0, 0, 1
  local budget, write, length = patterns.budget(text), written(template), #text
  local function get(index) return patterns.capture(text, index) end
  while replaced < limit do
    local first, last = patterns.search(text, pattern, position, shape.anchored, shape.classes, budget)
    if first == false then error(last, 0) end
    if not first then break end
    replaced = replaced + 1
    out[n + 1] = sub(text, position, first - 1)
    out[n + 2] = write(sub(text, first, last), patterns.captures(), get)
    n, size = n + 2, size + #out[n + 2]
    if size > MOST_TEXT then error('resulting string too large', 0) end
    position = last + 1
    if last < first then
      n = n + 1
      out[n] = sub(text, first, first)
      position = first + 1
    end
    if position > length + 1 or shape.anchored then break end
  end
  if position <= length then out[n + 1] = sub(text, position) end
  return concat(out), replaced
end

local function is_brief(text, with)
  local kind = type(with)
  return kind ~= 'string' and kind ~= 'number' or (#text + 1) * #tostring(with) <= MOST_TEXT
end

--- Replaces matches, as `string.gsub`; a function is called, and a table with a metatable is read, from Lua.
---@param text string
---@param pattern string
---@param with any
---@param limit? number
---@param ... any
---@return string
---@return integer?
function M.gsub(text, pattern, with, limit, ...)
  local kind = type(with)
  local called = kind == 'function' or kind == 'table' and getmetatable(with) ~= nil
  local right = (type(text) == 'string' or type(text) == 'number') and type(pattern) == 'string' and (limit == nil or tonumber(limit))
  if not called and (not right or type(text) == 'number' or #text <= shape_of(pattern).most and is_brief(text, with)) then
    if limit == nil then return gsub(text, pattern, with) end
    return gsub(text, pattern, with, limit)
  end
  -- LuaJIT's own checks of the other arguments, and of the pattern, with its own messages.
  local ok, problem = pcall(gsub, text, pattern, '', type(limit) ~= 'number' and limit or 0)
  -- Where nothing else is special, `find` takes a stray ) for text; gsub complains.
  local none = limit ~= nil and (tonumber(limit) or 1) < 1
  if ok and not none and find(pattern, ')', 1, true) and not find(pattern, '[%^$*+?.(%[%%-]') then
    ok, problem = pcall(gsub, text, pattern, '', 1)
  end
  if not ok then error((problem:gsub("to '%?'", "to 'gsub'")), 2) end
  if type(text) == 'number' then text = tostring(text) end
  pattern = tostring(pattern)
  if limit == nil then
    limit = #text + 1
  else
    limit = floor(tonumber(limit))
  end
  if kind == 'string' or kind == 'number' then
    return without_place(pcall(replace, text, pattern, tostring(with), limit, shape_of(pattern)))
  end
  local answer = with
  if kind == 'table' then answer = function(key) return with[key] end end
  if kind ~= 'function' and kind ~= 'table' then return gsub(text, pattern, with, limit) end
  -- A table is asked for the first capture, and LuaJIT looks at no other.
  return substitute(text, limit, answer, pattern, byte(pattern, 1) == 94, kind == 'table' and 1 or nil)
end

-- Repeating and formatting ---------------------------------------------------------------------------------------

--- Repeats a string, as `string.rep`, up to 256 MiB.
---@param ... any
---@return string
function M.rep(...)
  local text, times, between = ...
  local size = type(text) == 'string' and #text or 0
  if type(between) == 'string' then size = size + #between end
  if size * (tonumber(times) or 0) > MOST_TEXT then error('resulting string too large', 2) end
  return rep(...)
end

local function has_text(value)
  local kind = type(value)
  return kind == 'table' or kind == 'userdata'
end

-- Turns the arguments that belong to a %s into text beforehand.
local function format_shown(fmt, ...)
  local given = select('#', ...)
  local values = { ... }
  local position = 0
  for directive in gmatch(tostring(fmt), '%%[-+ #0]*%d*%.?%d*(.)') do
    if directive ~= '%' then
      position = position + 1
      if directive == 's' and has_text(values[position]) then values[position] = tostring(values[position]) end
    end
  end
  return format(fmt, unpack(values, 1, given))
end

--- Formats, as `string.format`.
---@param fmt string
---@param ... any
---@return string
function M.format(fmt, ...)
  local a, b, c, d = ...
  if has_text(a) or has_text(b) or has_text(c) or has_text(d) or select('#', ...) > 4 then return format_shown(fmt, ...) end
  return format(fmt, ...)
end

return M
