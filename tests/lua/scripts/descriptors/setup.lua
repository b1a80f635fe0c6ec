local ffi = require 'ffi'
local descriptors, dispatcher = require 'lua.dispatcher.descriptors', require 'lua.dispatcher.dispatcher'
ffi.cdef 'int pipe2(int *both, int flags); long write(int fd, const void *bytes, size_t size); int close(int fd);'
local function pipe()
  local both = ffi.new 'int[2]'
  assert(ffi.C.pipe2(both, 0x800) == 0)
  return both[0], both[1]
end
local function readable(fd)
  return function() return descriptors.now(fd, descriptors.READABLE) ~= 0 end
end
-- Waits until a descriptor can be read.
local function wait(D, fd)
  local task, generation = dispatcher.ticket()
  local stop = descriptors.watch(D, readable(fd), task, generation, dispatcher.wake)
  local problem = dispatcher.suspend 'a pipe'
  stop()
  return problem
end
local function run(f)
  local ok, problem = dispatcher.run(f)
  if not ok then return tostring(problem) end
  local left = descriptors.statistics()
  return (problem or '') .. ' ' .. left.watching .. ' ' .. left.entered
end
