-- wasi:random: all of it from the system's generator, the insecure interfaces too, which promise less.

local ffi = require 'ffi'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'

ffi.cdef 'long getrandom(void *into, size_t size, unsigned int flags);'

local C = ffi.C

local M = {}

-- The system gives at most so many bytes at once without being interrupted.
local PIECE = 256
-- More than any guest needs at once, and less than what would be felt.
M.MOST = 16 * 1024 * 1024

--- Puts `size` random bytes at the pointer `into`.
function M.fill(into, size)
  local done = 0
  while done < size do
    local got = tonumber(C.getrandom(into + done, math.min(PIECE, size - done), 0))
    if got > 0 then done = done + got end
  end
end

local word = ffi.new 'uint64_t[1]'

local function number(_, io)
  M.fill(ffi.cast('uint8_t *', word), 8)
  io[0].u64 = word[0]
end

local function bytes(instance, io)
  local size, ret = tonumber(io[0].u64), io[1].u32
  if size > M.MOST then return ('the guest asks for %d random bytes at once; at most %d are given'):format(size, M.MOST) end
  memory.at(instance, ret, 8, 4)
  return memory.allocate(instance, io, {
    { size = size, align = 1 },
    done = function(_, asked)
      if size > 0 then M.fill(memory.at(instance, asked[1].at, size), size) end
      memory.put32(instance, ret, asked[1].at)
      memory.put32(instance, ret + 4, size)
    end,
  })
end

linking.provide('wasi:random/random', { ['get-random-bytes'] = bytes, ['get-random-u64'] = number })
linking.provide('wasi:random/insecure', { ['get-insecure-random-bytes'] = bytes, ['get-insecure-random-u64'] = number })
linking.provide('wasi:random/insecure-seed', {
  ['insecure-seed'] = function(instance, io) M.fill(memory.at(instance, io[0].u32, 16, 8), 16) end,
})

return M
