-- The variant error-code of wasi:http/types in a guest's memory: 32 bytes, its case at 0 and what belongs to it at 8.

local ffi = require 'ffi'
local memory = require 'lua.guest.memory'
local protocol = require 'lua.guest.protocol'

local M = {}

M.SIZE = 32
local DNS_ERROR, BODY_SIZE, INTERNAL = 1, 17, 38

--- Gives the guest an error-code at `at`, where `prepare()` has written what stands before it: `failure` is {code =, message = text for
-- the cases that hold some, number = size for the one that holds it}. For functions that may allocate.
function M.give(instance, io, at, failure, prepare)
  local code, message = failure.code, failure.message
  local function put(asked)
    prepare()
    ffi.fill(memory.at(instance, at, M.SIZE, 8), M.SIZE)
    memory.put8(instance, at, code)
    if code == BODY_SIZE and failure.number then
      memory.put8(instance, at + 8, 1)
      memory.put64(instance, at + 16, failure.number)
    elseif asked then
      memory.put8(instance, at + 8, 1)
      memory.put_bytes(instance, at + 12, asked, message)
    end
  end
  if message and (code == DNS_ERROR or code == INTERNAL) then
    return memory.allocate(instance, io, { { size = #message, align = 1 }, done = function(_, asked) put(asked[1]) end })
  end
  put()
  return protocol.finish(io)
end

return M
