-- Maps of WIT: tables whose keys may be other than 1..n or names. One that a guest has given is marked, so that it can leave its Lua state.
--
-- LuaJIT finds numbers in a table by a hash that is known to all: a guest can choose keys that all lie in one chain, and filling a table
-- with them takes the square of the time. So what a pair costs is counted, by the same hash.

local bit = require 'bit'
local ffi = require 'ffi'
local new = require 'table.new'

local bxor, rol, tobit, band = bit.bxor, bit.rol, bit.tobit, bit.band
local getmetatable, setmetatable, tonumber = getmetatable, setmetatable, tonumber

local M = {}

local META = { __metatable = 'map' }

--- Makes a map with room for `count` pairs.
---@param count integer
---@return table
function M.new(count) return setmetatable(new(0, count), META) end

--- Marks a table as a map.
---@param value table
---@return table value
function M.mark(value) return setmetatable(value, META) end

--- The integer or boolean that text stands for as a key, in the one way in which it is written; nil for other text.
---@param text string
---@return number|boolean|nil
function M.key_of(text)
  if text == 'true' or text == 'false' then return text == 'true' end
  local found = #text <= 17 and text:find '^-?%d+$' and tonumber(text)
  if found and ('%.0f'):format(found) == text then return found end
end

--- Says whether a value is a table that is marked as a map.
---@param value any
---@return boolean
function M.is_map(value) return getmetatable(value) == 'map' end

local number = ffi.new 'union { double number; int32_t words[2]; }'

-- Source: hashrot in LuaJIT's lj_tab.c.
local function place(key, mask)
  number.number = key
  local low, high = number.words[0], bit.lshift(number.words[1], 1)
  low, high = bxor(low, high), rol(high, 14)
  low, high = tobit(low - high), rol(high, 5)
  return band(tobit(bxor(high, low) - rol(low, 13)), mask)
end
M.place = place

--- Makes counters of the chains of a map with room for `count` pairs, and the mask of their places.
---@param count integer
---@return table<integer, integer> counts
---@return integer mask
function M.chains(count)
  local room = 1
  while room < count do
    room = room * 2
  end
  return new(room, 0), room - 1
end

--- Counts a key that is new in `map`; gives how many keys are looked at to find it.
---@param map table
---@param key number
---@param counts table<integer, integer>
---@param mask integer
---@return integer
function M.crowd(map, key, counts, mask)
  local at = place(key, mask) + 1
  local count = counts[at] or 0
  if map[key] ~= nil then return count end
  counts[at] = count + 1
  return count + 1
end

return M
