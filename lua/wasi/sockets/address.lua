-- Addresses of sockets: the ip-socket-address of wasi:sockets on one side, the system's structs on the other, and what may be done with
-- one.

local ffi = require 'ffi'
local system = require 'lua.wasi.sockets.system'

ffi.cdef [[
int inet_pton(int family, const char *text, void *address);
]]

local C, bit = ffi.C, bit
local p16, p32 = ffi.typeof 'uint16_t *', ffi.typeof 'uint32_t *'
local new = ffi.typeof 'mw_address'
local FAMILIES = system.FAMILIES

local M = {}

--- Makes an address for the system to write to.
function M.new() return new() end

--- The family of an address: 4 or 6.
function M.family(address) return address.family == FAMILIES[4] and 4 or 6 end
local family_of = M.family

--- How many bytes the system takes of an address.
function M.size(address) return family_of(address) == 4 and 16 or 28 end

--- The port of an address.
function M.port(address) return address.bytes[0] * 256 + address.bytes[1] end

local function begin(family, port)
  local address = new()
  address.family = FAMILIES[family]
  address.bytes[0], address.bytes[1] = bit.band(bit.rshift(port, 8), 255), bit.band(port, 255)
  return address
end

--- The IP address alone, as 4 or 16 bytes.
function M.ip(address)
  if family_of(address) == 4 then return ffi.string(address.bytes + 2, 4) end
  return ffi.string(address.bytes + 6, 16)
end

--- Makes an address of 4 or 16 bytes and a port.
function M.of_ip(ip, port)
  local address = begin(#ip == 4 and 4 or 6, port)
  ffi.copy(address.bytes + (#ip == 4 and 2 or 6), ip, #ip)
  return address
end

--- Tells whether two addresses are the same, port included.
function M.same(a, b) return a.family == b.family and ffi.string(a.bytes, M.size(a) - 2) == ffi.string(b.bytes, M.size(b) - 2) end

-- What a guest gives ---------------------------------------------------------------------------------------------------

local function of_v6(address, flow, scope, segment)
  ffi.cast(p32, address.bytes + 2)[0] = flow
  ffi.cast(p32, address.bytes + 22)[0] = scope
  for i = 0, 7 do
    local value = segment(i)
    address.bytes[6 + 2 * i], address.bytes[7 + 2 * i] = bit.band(bit.rshift(value, 8), 255), bit.band(value, 255)
  end
  return address
end

--- Reads an ip-socket-address that is passed as core values from io[at] on; nil for a case that there is not.
function M.of_values(io, at)
  local case, port = io[at].u32, io[at + 1].u32
  if case == 1 then
    return of_v6(begin(6, port), io[at + 2].u32, io[at + 11].u32, function(i) return io[at + 3 + i].u32 end)
  end
  if case ~= 0 then return nil end
  local address = begin(4, port)
  for i = 0, 3 do
    address.bytes[2 + i] = bit.band(io[at + 2 + i].u32, 255)
  end
  return address
end

--- Reads the 32 bytes of an ip-socket-address in memory; nil for a case that there is not.
function M.of_memory(from)
  local port = ffi.cast(p16, from + 4)[0]
  if from[0] == 1 then
    local segments = ffi.cast(p16, from + 12)
    return of_v6(begin(6, port), ffi.cast(p32, from + 8)[0], ffi.cast(p32, from + 28)[0], function(i) return segments[i] end)
  end
  if from[0] ~= 0 then return nil end
  local address = begin(4, port)
  ffi.copy(address.bytes + 2, from + 6, 4)
  return address
end

--- Writes an ip-socket-address, which is 32 bytes.
function M.put(into, address)
  ffi.fill(into, 32)
  ffi.cast(p16, into + 4)[0] = M.port(address)
  if family_of(address) == 4 then
    ffi.copy(into + 6, address.bytes + 2, 4)
    return
  end
  into[0] = 1
  ffi.cast(p32, into + 8)[0] = ffi.cast(p32, address.bytes + 2)[0]
  ffi.cast(p32, into + 28)[0] = ffi.cast(p32, address.bytes + 22)[0]
  M.put_segments(into + 12, address.bytes + 6)
end

--- Writes the eight numbers of an ipv6-address, which come as 16 bytes.
function M.put_segments(into, bytes)
  local segments = ffi.cast(p16, into)
  for i = 0, 7 do
    segments[i] = bytes[2 * i] * 256 + bytes[2 * i + 1]
  end
end

-- What may be done with one --------------------------------------------------------------------------------------------

local ZEROES = ('\0'):rep(16)
local MAPPED = ('\0'):rep(10) .. '\255\255'

--- Tells whether an address is of a socket's family. Addresses of IPv4 that are written as IPv6 are of none.
function M.fits(address, family)
  if family_of(address) ~= family then return false end
  if family == 4 then return true end
  local ip = M.ip(address)
  if ip:sub(1, 12) == MAPPED then return false end
  -- The compatible ones are not better; :: and ::1 look like them.
  return ip:sub(1, 12) ~= ZEROES:sub(1, 12) or ip:sub(13, 15) == '\0\0\0' and ip:byte(16) <= 1
end

--- Tells whether an address means one machine, or any of this one's.
function M.is_unicast(address)
  local first = M.ip(address):byte()
  if family_of(address) == 6 then return first ~= 0xff end
  return bit.band(first, 0xf0) ~= 0xe0 and M.ip(address) ~= '\255\255\255\255'
end

--- Tells whether an address can be that of another side.
function M.is_remote(address)
  local ip = M.ip(address)
  return ip ~= ZEROES:sub(1, #ip) and M.port(address) ~= 0
end

--- The bytes of an IP address that is written as text, perhaps in brackets; nil for other text.
function M.parse(text)
  local bare = text:match '^%[(.*)%]$'
  local family = (bare or text):find(':', 1, true) and 6 or 4
  if bare and family == 4 or #text > 64 or text:find '%z' then return nil end
  local bytes = ffi.new 'uint8_t[16]'
  if C.inet_pton(FAMILIES[family], bare or text, bytes) ~= 1 then return nil end
  return ffi.string(bytes, family == 4 and 4 or 16)
end

return M
