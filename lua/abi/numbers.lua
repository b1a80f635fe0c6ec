-- Numbers, sequences and flags: the parts of checking and converting that are the same for every signature.

local ffi, bit = require 'ffi', require 'bit'

local istype, bor = ffi.istype, bit.bor
local int64, uint64 = ffi.typeof 'int64_t', ffi.typeof 'uint64_t'
local type, next, tonumber = type, next, tonumber

local M = {}

--- Tells whether `v` is a 64-bit integer within lo..hi (numbers, hi at least 0).
---@param v any
---@param lo number
---@param hi number
---@return boolean
function M.wide(v, lo, hi)
  if type(v) ~= 'cdata' then return false end
  if istype(int64, v) then return v >= lo and v <= hi end
  return istype(uint64, v) and v <= hi
end

---@param v any
---@return boolean
function M.wide_u64(v) return type(v) == 'cdata' and (istype(uint64, v) or istype(int64, v) and v >= 0) end

---@param v any
---@return boolean
function M.wide_s64(v) return type(v) == 'cdata' and (istype(int64, v) or istype(uint64, v) and v <= 0x7fffffffffffffffULL) end

--- A 64-bit result as a Lua number where that is exact, else as it is.
---@param x ffi.cdata*
---@return number|ffi.cdata*
function M.signed(x)
  if x <= 9007199254740992LL and x >= -9007199254740992LL then return tonumber(x) end
  return x
end

---@param x ffi.cdata*
---@return number|ffi.cdata*
function M.unsigned(x)
  if x <= 9007199254740992ULL then return tonumber(x) end
  return x
end

-- LuaJIT tells the types of its values by the upper bits of NaNs, and takes a float from memory as it is: a NaN of a guest's
-- choice would become a table or a function at an address of its choice. So the bits are looked at first, as integers.
-- Negative NaNs (f32: above -infinity's 0xff800000; f64: from 0xfff80000 in the upper half) become this one.
M.NAN = ffi.cast('const double *', ffi.new('uint64_t[1]', 0x7ff8000000000000ULL))[0]
local NAN, words = M.NAN, ffi.typeof 'const int32_t *'
local floats, doubles = ffi.typeof 'const float *', ffi.typeof 'const double *'
local cast = ffi.cast

---@param p ffi.cdata*
---@return number
function M.f32_at(p)
  local bits = cast(words, p)[0]
  if bits > -8388608 and bits < 0 then return NAN end
  return cast(floats, p)[0]
end

---@param p ffi.cdata*
---@return number
function M.f64_at(p)
  local upper = cast(words, p)[1]
  if upper >= -524288 and upper < 0 then return NAN end
  return cast(doubles, p)[0]
end

--- Tells whether the keys of `v` are exactly 1..n: the slow answer for tables whose sequence lies in the hash part.
---@param v table
---@return boolean
function M.only_sequence(v)
  local count, n = 0, #v
  for key in next, v do
    if type(key) ~= 'number' or key < 1 or key > n or key % 1 ~= 0 then return false end
    count = count + 1
  end
  return count == n
end

--- The bits of a flags value given as a sequence of names; nil when it does not fit. `bits` is name -> bit.
---@param v table
---@param bits table<any, integer>
---@return integer?
function M.listed_bits(v, bits)
  -- Up to three names take no loop, so that a loop around the call stays one trace.
  local first, second = next(v)
  if first == 1 then
    local sum = bits[second]
    if sum == nil then return nil end
    local key, name = next(v, first)
    if key == nil then return sum end
    if key == 2 and bits[name] then
      sum = bor(sum, bits[name])
      key, name = next(v, key)
      if key == nil then return sum % 4294967296 end
      if key == 3 and bits[name] and next(v, key) == nil then return bor(sum, bits[name]) % 4294967296 end
    end
  end
  local sum, count, n = 0, 0, #v
  for key, name in next, v do
    local value = bits[name]
    if value == nil or type(key) ~= 'number' or key < 1 or key > n or key % 1 ~= 0 then return nil end
    sum, count = bor(sum, value), count + 1
  end
  if count ~= n then return nil end
  return sum % 4294967296
end

return M
