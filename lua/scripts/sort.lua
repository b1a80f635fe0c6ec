-- `table.sort` in Lua: compiled together with its comparator, which makes it faster than LuaJIT's own, and not run
-- from C, where nested sorts would use up the C stack. A merge sort: equal elements keep their order, and a comparator
-- that contradicts itself does no harm.
local check = require('lua.dispatcher.interrupt').check

local type, error, min = type, error, math.min

local RUN = 12

local function less(a, b) return a < b end

local function insertion(list, first, last, before)
  for i = first + 1, last do
    local value = list[i]
    local j = i - 1
    while j >= first and before(value, list[j]) do
      list[j + 1] = list[j]
      j = j - 1
    end
    list[j + 1] = value
  end
end

local function merge(from, to, first, middle, last, before)
  local left, right = first, middle
  for k = first, last - 1 do
    if left < middle and (right >= last or not before(from[right], from[left])) then
      to[k] = from[left]
      left = left + 1
    else
      to[k] = from[right]
      right = right + 1
    end
  end
end

--- Sorts a table in place, as `table.sort`.
return function(list, before)
  if type(list) ~= 'table' then
    error("bad argument #1 to 'sort' (table expected, got " .. (list == nil and 'no value' or type(list)) .. ')', 2)
  end
  if before == nil then
    before = less
  elseif type(before) ~= 'function' then
    error("bad argument #2 to 'sort' (function expected, got " .. type(before) .. ')', 2)
  end
  local count = #list
  for first = 1, count, RUN do
    insertion(list, first, min(first + RUN - 1, count), before)
  end
  local from, to = list, {}
  local width = RUN
  while width < count do
    for first = 1, count, 2 * width do
      if width > 1000 then check() end
      merge(from, to, first, min(first + width, count + 1), min(first + 2 * width, count + 1), before)
    end
    from, to = to, from
    width = width * 2
  end
  if from ~= list then
    for i = 1, count do
      list[i] = from[i]
    end
  end
end
