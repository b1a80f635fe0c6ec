-- What is different between two values, and how values are shown where they are.

local concat, floor, sort, type, tostring, pairs, getmetatable = table.concat, math.floor, table.sort, type, tostring, pairs, getmetatable

local M = {}

-- How many differences are listed, how deep and how long values are shown.
local MOST, DEEPEST, LONGEST = 10, 4, 120

local function is_name(key) return type(key) == 'string' and key:find '^[%a_][%w_]*$' ~= nil end

local function text(value)
  if type(value) == 'string' then
    local shown = ('%q'):format(value):gsub('\\\n', '\\n'):gsub('%c', function(c) return ('\\%d'):format(c:byte()) end)
    return shown
  end
  return tostring(value)
end

-- Keys in an order that stays: numbers, then names.
local function keys_of(value)
  local keys = {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  sort(keys, function(a, b)
    local x, y = type(a), type(b)
    if x ~= y then return x == 'number' or (y ~= 'number' and x < y) end
    if x == 'number' or x == 'string' then return a < b end
    return tostring(a) < tostring(b)
  end)
  return keys
end

local function show(value, depth, seen)
  if type(value) ~= 'table' or getmetatable(value) ~= nil then return text(value) end
  if seen[value] or depth > DEEPEST then return '{...}' end
  seen[value] = true
  local parts, length, count = {}, 0, #value
  for _, key in pairs(keys_of(value)) do
    local in_order = type(key) == 'number' and key >= 1 and key <= count and floor(key) == key
    local name = in_order and '' or is_name(key) and key .. ' = ' or ('[%s] = '):format(text(key))
    parts[#parts + 1] = name .. show(value[key], depth + 1, seen)
    length = length + #parts[#parts]
    if length > LONGEST then
      parts[#parts + 1] = '...'
      break
    end
  end
  seen[value] = nil
  return '{' .. concat(parts, ', ') .. '}'
end

--- Gives a value as text of a few hundred characters at most.
---@param value any
---@return string
function M.show(value)
  local shown = show(value, 1, {})
  if #shown <= 3 * LONGEST then return shown end
  return shown:sub(1, 3 * LONGEST) .. '...'
end

local function is_same(a, b) return rawequal(a, b) or a == b or (a ~= a and b ~= b) end

local function step(path, key) return path .. (is_name(key) and '.' .. key or '[' .. M.show(key) .. ']') end

-- Adds what is different below a path; tables that were compared on the way here are taken for the same.
local function compare(got, expected, path, found, seen)
  if #found > MOST or is_same(got, expected) then return end
  local plain = type(got) == 'table' and type(expected) == 'table' and getmetatable(got) == nil and getmetatable(expected) == nil
  if not plain then
    found[#found + 1] = ('%sexpected %s, got %s'):format(path ~= '' and path .. ': ' or '', M.show(expected), M.show(got))
    return
  end
  if seen[got] == expected then return end
  seen[got] = expected
  local keys = {}
  for key in pairs(expected) do
    keys[key] = true
  end
  for key in pairs(got) do
    keys[key] = true
  end
  for _, key in pairs(keys_of(keys)) do
    local here = step(path, key)
    if expected[key] == nil then
      found[#found + 1] = ('%s: expected nothing, got %s'):format(here, M.show(got[key]))
    elseif got[key] == nil then
      found[#found + 1] = ('%s: expected %s, got nothing'):format(here, M.show(expected[key]))
    else
      compare(got[key], expected[key], here, found, seen)
    end
    if #found > MOST then return end
  end
  seen[got] = nil
end

--- Lists what is different, each in a sentence; an empty list for values that are the same. Tables are the same when all in them is,
--- values with a metatable when they are equal; NaN is the same as NaN.
---@param got any
---@param expected any
---@return string[]
function M.list(got, expected)
  local found = {}
  compare(got, expected, '', found, {})
  if #found > MOST then found[MOST + 1] = '...' end
  return found
end

return M
