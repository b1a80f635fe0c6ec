-- The process's standard input as scripts read it: what has come is taken at once, and for more the task waits while others run.
local ffi = require 'ffi'
local descriptors = require 'lua.dispatcher.descriptors'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'

ffi.cdef 'long read(int fd, void *into, size_t count);'

local C, tonumber, error = ffi.C, tonumber, error
local READABLE = descriptors.READABLE
local AGAIN, INTERRUPTED = 11, 4

-- How much is read at once, and how much before others run, in bytes.
local PIECE, TURN = 65536, 1024 * 1024

local M = {}

--- Why nothing can be read here, in words; nil where it can be. A session keeps its terminal for itself.
---@type string?
M.refused = nil

local watched, memory
local ended = false
local taken = 0 -- since others have run

local function ready() return descriptors.now(0, READABLE) ~= 0 end

-- Waits until something can be read.
local function wait()
  local task, generation = dispatcher.ticket()
  if not task then error(generation, 0) end
  watched = watched or descriptors.new(0)
  local stop = descriptors.watch(watched, ready, task, generation, dispatcher.rouse)
  local problem = dispatcher.park 'standard input'
  stop()
  if problem then error(problem, 0) end
end

local function failure(why) return errors.make { message = "standard input can't be read: " .. why, kind = errors.kinds.UNAVAILABLE } end

--- Returns the next bytes of standard input, waiting for them if need be; "" at its end, or nil and an error.
---@return string?
---@return Error?
function M.take()
  if M.refused then return nil, failure(M.refused) end
  if ended then return '' end
  memory = memory or ffi.new('uint8_t[?]', PIECE)
  while true do
    -- Another task may have taken what has come meanwhile.
    while not ready() do
      wait()
    end
    if ended then return '' end
    local size = tonumber(C.read(0, memory, PIECE))
    if size >= 0 then
      ended = size == 0
      taken = taken + size
      local text = ffi.string(memory, size)
      if taken >= TURN and dispatcher.current() then
        taken = 0
        local canceled = dispatcher.pause 'standard input'
        if canceled then error(canceled, 0) end
      end
      return text
    end
    local number = ffi.errno()
    if number ~= AGAIN and number ~= INTERRUPTED then return nil, failure('error ' .. number .. ' of the system') end
  end
end

return M
