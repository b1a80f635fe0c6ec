-- UTF-8: checks bytes in place, eight at a time, and converts single characters.

local ffi, bit = require 'ffi', require 'bit'
local cast, bor, band = ffi.cast, bit.bor, bit.band
local p8, p64 = ffi.typeof 'const uint8_t *', ffi.typeof 'const uint64_t *'
local byte, char = string.byte, string.char

local M = {}

local HIGH = 0x8080808080808080ULL
-- MASK[n] selects the sign bits of the first n bytes of a little-endian word.
local MASK = ffi.new 'uint64_t[9]'
for n = 1, 8 do
  MASK[n] = bor(bit.lshift(MASK[n - 1], 8), 0x80ULL)
end

-- Checks the bytes from `i` (which need not be ASCII) to `n`.
local function scalar(p, i, n)
  while i < n do
    local a = p[i]
    if a < 0x80 then
      i = i + 1
    elseif a < 0xc2 then
      return false
    elseif a < 0xe0 then
      if i + 1 >= n or band(p[i + 1], 0xc0) ~= 0x80 then return false end
      i = i + 2
    elseif a < 0xf0 then
      if i + 2 >= n then return false end
      local b = p[i + 1]
      if band(b, 0xc0) ~= 0x80 or band(p[i + 2], 0xc0) ~= 0x80 then return false end
      if (a == 0xe0 and b < 0xa0) or (a == 0xed and b > 0x9f) then return false end
      i = i + 3
    elseif a < 0xf5 then
      if i + 3 >= n then return false end
      local b = p[i + 1]
      if band(b, 0xc0) ~= 0x80 or band(p[i + 2], 0xc0) ~= 0x80 or band(p[i + 3], 0xc0) ~= 0x80 then return false end
      if (a == 0xf0 and b < 0x90) or (a == 0xf4 and b > 0x8f) then return false end
      i = i + 4
    else
      return false
    end
  end
  return true
end

-- `p` points to n > 8 bytes. Short strings take no loop, so that a loop around the call stays one trace.
local function long(p, n)
  local w = cast(p64, p)
  if n <= 16 then
    local tail = cast(p64, p + (n - 8))
    if band(bor(w[0], tail[0]), HIGH) == 0 then return true end
    return scalar(p, 0, n)
  end
  if n <= 32 then
    local tail = cast(p64, p + (n - 16))
    if band(bor(bor(w[0], w[1]), bor(tail[0], tail[1])), HIGH) == 0 then return true end
    return scalar(p, 0, n)
  end
  local i, last = 0, n - 32
  while i <= last do
    local q = cast(p64, p + i)
    if band(bor(bor(q[0], q[1]), bor(q[2], q[3])), HIGH) ~= 0 then return scalar(p, i, n) end
    i = i + 32
  end
  local q = cast(p64, p + last)
  if band(bor(bor(q[0], q[1]), bor(q[2], q[3])), HIGH) ~= 0 then return scalar(p, i, n) end
  return true
end

-- Tells whether the Lua string is UTF-8. Reading a whole word of a shorter string stays inside its 16-byte granule:
-- LuaJIT puts a string's bytes 8 past a multiple of 16 (GC64: a header of 24 bytes).
---@param s string
---@return boolean
function M.string_is_utf8(s)
  local n = #s
  local p = cast(p8, s)
  if n <= 8 then
    if n == 0 or band(cast(p64, p)[0], MASK[n]) == 0 then return true end
    return scalar(p, 0, n)
  end
  return long(p, n)
end

-- Tells whether the n bytes at `p` are UTF-8; `room` bytes from `p` on may be read.
---@param p ffi.cdata*
---@param n integer
---@param room integer
---@return boolean
function M.bytes_are_utf8(p, n, room)
  p = cast(p8, p)
  if n <= 8 then
    if n == 0 then return true end
    if room >= 8 and band(cast(p64, p)[0], MASK[n]) == 0 then return true end
    return scalar(p, 0, n)
  end
  return long(p, n)
end

-- The code of a string that is exactly one character, else nil.
---@param s string
---@return integer?
function M.code_of(s)
  local n = #s
  if n == 1 then
    local a = byte(s, 1)
    if a < 0x80 then return a end
    return nil
  end
  if n > 4 or n == 0 then return nil end
  -- No loop, so that a loop around the call stays one trace.
  local p = cast(p8, s)
  local a, b = p[0], p[1]
  if band(b, 0xc0) ~= 0x80 then return nil end
  if n == 2 then
    if a < 0xc2 or a > 0xdf then return nil end
    return (a - 0xc0) * 64 + (b - 0x80)
  end
  local c = p[2]
  if band(c, 0xc0) ~= 0x80 then return nil end
  if n == 3 then
    if a < 0xe0 or a > 0xef then return nil end
    local code = (a - 0xe0) * 4096 + (b - 0x80) * 64 + (c - 0x80)
    if code < 0x800 or code >= 0xd800 and code <= 0xdfff then return nil end
    return code
  end
  local d = p[3]
  if band(d, 0xc0) ~= 0x80 or a < 0xf0 or a > 0xf4 then return nil end
  local code = (a - 0xf0) * 262144 + (b - 0x80) * 4096 + (c - 0x80) * 64 + (d - 0x80)
  if code < 0x10000 or code > 0x10ffff then return nil end
  return code
end

-- The character with that code, or nil when there is none.
---@param code integer
---@return string?
function M.char_of(code)
  if code < 0x80 then return char(code) end
  if code < 0x800 then return char(0xc0 + bit.rshift(code, 6), 0x80 + band(code, 63)) end
  if code < 0x10000 then
    if code >= 0xd800 and code <= 0xdfff then return nil end
    return char(0xe0 + bit.rshift(code, 12), 0x80 + band(bit.rshift(code, 6), 63), 0x80 + band(code, 63))
  end
  if code > 0x10ffff then return nil end
  return char(
    0xf0 + bit.rshift(code, 18),
    0x80 + band(bit.rshift(code, 12), 63),
    0x80 + band(bit.rshift(code, 6), 63),
    0x80 + band(code, 63)
  )
end

return M
