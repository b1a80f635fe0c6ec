-- wasi:random of WASI 0.3: all of it from the system's generator, as in 0.2.

local calls = require 'lua.tasks.calls'
local ffi = require 'ffi'
local protocol = require 'lua.guest.protocol'
local random = require 'lua.wasi.p2.random'

local tonumber = tonumber

local function number()
  local word = ffi.new 'uint64_t[1]'
  random.fill(ffi.cast('uint8_t *', word), 8)
  return word[0]
end

local function bytes(_, most)
  local size = tonumber(most)
  if size > random.MOST then
    protocol.trap(('the guest asks for %d random bytes at once; at most %d are given'):format(size, random.MOST))
  end
  local into = ffi.new('uint8_t[?]', size)
  random.fill(into, size)
  return ffi.string(into, size)
end

calls.provide('wasi:random/random', { ['get-random-bytes'] = bytes, ['get-random-u64'] = number })
calls.provide('wasi:random/insecure', { ['get-insecure-random-bytes'] = bytes, ['get-insecure-random-u64'] = number })
calls.provide('wasi:random/insecure-seed', {
  -- An instance has one.
  ['get-insecure-seed'] = function(who)
    local instance = who.instance
    instance.seed = instance.seed or { number(), number() }
    return instance.seed
  end,
})
