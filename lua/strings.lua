-- The functions of `string` that need care in a sandbox.
--
-- LuaJIT's own `gsub` runs callbacks, and `format` runs `__tostring`, from C and with no bound on how deep they nest:
-- a callback that calls gsub again ends the process. Here nothing of a script is run from C. A callback may therefore
-- also wait.
local find, sub, gsub, format, gmatch = string.find, string.sub, string.gsub, string.format, string.gmatch
local concat, floor = table.concat, math.floor
local type, select, tostring, error, getmetatable = type, select, tostring, error, getmetatable
local unpack, tonumber, pcall = unpack, tonumber, pcall

local M = {}

local function replacement(whole, value)
  if not value then return whole end
  local kind = type(value)
  if kind == "string" then return value end
  if kind == "number" then return tostring(value) end
  -- Past step and substitute to the script.
  error("invalid replacement value (a " .. kind .. ")", 4)
end

-- A match: where it starts and ends, its first capture or else its text, then the captures. A malformed pattern is
-- blamed on the script: called by pcall, find says no place of its own.
local function matched(text, ok, first, last, ...)
  if not ok then error(first, 3) end
  if first then
    if select("#", ...) == 0 then return first, last, sub(text, first, last) end
    return first, last, ...
  end
end

local function substitute(text, limit, answer, pattern, anchored)
  local out, n = {}, 0
  local position, count = 1, 0
  local length = #text
  local function step(first, last, key, ...)
    if not first then return false end
    count = count + 1
    if first > position then
      n = n + 1
      out[n] = sub(text, position, first - 1)
    end
    n = n + 1
    out[n] = replacement(sub(text, first, last), answer(key, ...))
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
  while count < limit and position <= length + 1 do
    if not step(matched(text, pcall(find, text, pattern, position))) then break end
    if anchored then break end
  end
  if position <= length then out[n + 1] = sub(text, position) end
  return concat(out), count
end

--- Replaces matches, as `string.gsub`; a function is called, and a table with a metatable is read, from Lua.
function M.gsub(text, pattern, with, limit, ...)
  local kind = type(with)
  if kind ~= "function" and not (kind == "table" and getmetatable(with) ~= nil) then
    if limit == nil then return gsub(text, pattern, with) end
    return gsub(text, pattern, with, limit)
  end
  -- LuaJIT's own checks of the other arguments, and of the pattern, with its own messages.
  local ok, problem = pcall(gsub, text, pattern, "", type(limit) ~= "number" and limit or 0)
  -- Where nothing else is special, `find` takes a stray ) for text; gsub complains.
  local none = limit ~= nil and (tonumber(limit) or 1) < 1
  if ok and not none and find(pattern, ")", 1, true) and not find(pattern, "[%^$*+?.(%[%%-]") then ok, problem = pcall(gsub, text, pattern, "", 1) end
  if not ok then error((problem:gsub("to '%?'", "to 'gsub'")), 2) end
  if type(text) == "number" then text = tostring(text) end
  pattern = tostring(pattern)
  if limit == nil then
    limit = #text + 1
  else
    limit = floor(tonumber(limit))
  end
  local answer = with
  if kind == "table" then answer = function(key) return with[key] end end
  return substitute(text, limit, answer, pattern, sub(pattern, 1, 1) == "^")
end

local function has_text(value)
  local kind = type(value)
  return kind == "table" or kind == "userdata"
end

-- Turns the arguments that belong to a %s into text beforehand.
local function format_shown(fmt, ...)
  local count = select("#", ...)
  local values = { ... }
  local position = 0
  for directive in gmatch(tostring(fmt), "%%[-+ #0]*%d*%.?%d*(.)") do
    if directive ~= "%" then
      position = position + 1
      if directive == "s" and has_text(values[position]) then values[position] = tostring(values[position]) end
    end
  end
  return format(fmt, unpack(values, 1, count))
end

--- Formats, as `string.format`.
function M.format(fmt, ...)
  local a, b, c, d = ...
  if has_text(a) or has_text(b) or has_text(c) or has_text(d) or select("#", ...) > 4 then return format_shown(fmt, ...) end
  return format(fmt, ...)
end

return M
