-- The process's standard input as a source for guests (lua/wasi/p2/streams.lua); one for all guests of the lane. A terminal is the host's
-- own: for guests there is nothing to read there.

local ffi = require 'ffi'
local descriptors = require 'lua.dispatcher.descriptors'
local dispatcher = require 'lua.dispatcher.dispatcher'

ffi.cdef [[
typedef struct { int descriptor; short events; short revents; } mw_stdin_poll;
long read(int fd, void *into, size_t count);
int isatty(int descriptor);
]]

local C = ffi.C
local POLLIN = 1

local M = {}

local state, now, buffer = ffi.new 'mw_stdin_poll[1]', ffi.new 'mw_timespec', nil
local ended = C.isatty(0) == 1

local function ready()
  if ended then return true end
  state[0].descriptor, state[0].events, state[0].revents = 0, POLLIN, 0
  -- A hang-up or an error counts too: then reading says so.
  return C.ppoll(state, 1, now, nil) ~= 0
end

M.source = { ready = ready }

function M.source.take(most)
  if ended then return nil end
  if not ready() then return '' end
  buffer = buffer or ffi.new 'uint8_t[65536]'
  local size = tonumber(C.read(0, buffer, math.min(most, 65536)))
  if size > 0 then return ffi.string(buffer, size) end
  ended = most > 0
  return not ended and '' or nil
end

--- Whether the end has been read.
function M.source.ended() return ended end

--- Has the task woken once there is something; gives a function that ends the watching. No set of descriptors takes a regular file.
---@param task Task
---@param generation integer
---@return fun() stop
function M.source.watch(task, generation) return descriptors.look_again(ready, task, generation, dispatcher.wake) end

return M
