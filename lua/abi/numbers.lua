-- Numbers, sequences and flags: the parts of checking and converting that are the same for every signature.

local ffi, bit = require 'ffi', require 'bit'
local optional = require 'lua.optional'

local istype, bor = ffi.istype, bit.bor
local int64, uint64 = ffi.typeof 'int64_t', ffi.typeof 'uint64_t'
local type, next, tonumber, rawget, getmetatable = type, next, tonumber, rawget, getmetatable
local TAG = optional.TAG

local M = {}

-- Tells whether `v` is a 64-bit integer within lo..hi (numbers, hi at least 0).
function M.wide(v, lo, hi)
  if type(v) ~= 'cdata' then return false end
  if istype(int64, v) then return v >= lo and v <= hi end
  return istype(uint64, v) and v <= hi
end

function M.wide_u64(v)
  return type(v) == 'cdata' and (istype(uint64, v) or istype(int64, v) and v >= 0)
end

function M.wide_s64(v)
  return type(v) == 'cdata' and (istype(int64, v) or istype(uint64, v) and v <= 0x7fffffffffffffffULL)
end

-- A 64-bit result as a Lua number where that is exact, else as it is.
function M.signed(x)
  if x <= 9007199254740992LL and x >= -9007199254740992LL then return tonumber(x) end
  return x
end

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

function M.f32_at(p)
  local bits = cast(words, p)[0]
  if bits > -8388608 and bits < 0 then return NAN end
  return cast(floats, p)[0]
end

function M.f64_at(p)
  local upper = cast(words, p)[1]
  if upper >= -524288 and upper < 0 then return NAN end
  return cast(doubles, p)[0]
end

-- Tells whether the keys of `v` are exactly 1..n: the slow answer for tables whose sequence lies in the hash part.
function M.only_sequence(v)
  local count, n = 0, #v
  for key in next, v do
    if type(key) ~= 'number' or key < 1 or key > n or key % 1 ~= 0 then return false end
    count = count + 1
  end
  return count == n
end

-- The bits of a flags value, given as {read = true} or {"read"}; nil when it does not fit. `bits` is name -> bit.
function M.flag_bits(v, bits)
  if type(v) ~= 'table' or getmetatable(v) == TAG then return nil end
  local sum, n = 0, #v
  if n == 0 then
    for name, set in next, v do
      local value = bits[name]
      if value == nil or type(set) ~= 'boolean' then return nil end
      if set then sum = bor(sum, value) end
    end
  else
    local count = 0
    for key, name in next, v do
      local value = bits[name]
      if value == nil or type(key) ~= 'number' or key < 1 or key > n or key % 1 ~= 0 then return nil end
      sum, count = bor(sum, value), count + 1
    end
    if count ~= n then return nil end
  end
  return sum % 4294967296
end

return M
