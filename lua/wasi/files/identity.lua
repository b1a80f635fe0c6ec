-- What tells files apart.

local system = require 'lua.wasi.files.system'

local M = {}

-- Mixes the bits of a number, so that nobody takes the result for one; source: splitmix64, by Sebastiano Vigna, in the public domain.
local function mix(x)
  x = bit.bxor(x, bit.rshift(x, 30)) * 0xbf58476d1ce4e5b9ULL
  x = bit.bxor(x, bit.rshift(x, 27)) * 0x94d049bb133111ebULL
  return bit.bxor(x, bit.rshift(x, 31))
end

local function device(status) return status.major * 4294967296ULL + status.minor end
M.device = device

--- Gives two numbers that tell a file from others, and from itself after it has been changed.
function M.hash(status)
  local lower = mix(device(status) + 0x9e3779b97f4a7c15ULL) + status.inode
  local changed = status.modified.seconds * 1000000000LL + status.modified.nanoseconds
  local upper = mix(lower + 0x3c6ef372fe94f82aULL) + mix(changed + status.size + 0ULL)
  return mix(lower), mix(upper)
end

--- Tells whether two open files (lua/wasi/files/open.lua) are one.
function M.same(file, other)
  local status = system.status(file.descriptor)
  if not status then return false end
  local inode, of = status.inode, device(status)
  status = system.status(other.descriptor)
  return status ~= nil and status.inode == inode and device(status) == of
end

return M
