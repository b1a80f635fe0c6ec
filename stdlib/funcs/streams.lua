-- What can stand for a stream of a guest besides strings and sequences, and the futures and channels that one of a guest becomes: what
-- lua/tasks/objects.lua asks of the standard library.

local future = require 'stdlib.funcs.future'
local queue = require 'stdlib.channel.queue'

local getmetatable, type, error = getmetatable, type, error

local M = { future = future.open, watch = future.watch }

--- Tells whether a value is a future.
---@param value any
---@return boolean
function M.is_future(value) return getmetatable(value) == 'future' end

--- Gives a function that gives one value of `value` after another, nil at the end, and may wait; nil for what gives none. With `only_tell`
--- nothing is begun.
---@param value any
---@param only_tell boolean?
---@return function?
function M.pull(value, only_tell)
  local state = queue.state_of[value]
  if state then
    return only_tell and error
      or function()
        local problem, got, ok = queue.receive(state)
        if problem then error(problem, 0) end
        if not ok then return nil end
        return got
      end
  end
  if type(value) == 'function' then return value end
  -- Files, bodies of requests and responses, and streams of guests: all have `read`.
  local kind = getmetatable(value)
  if type(value) == 'userdata' and (kind == 'file' or kind == 'stream') or kind == 'http_client.stream' then
    return only_tell and error
      or function()
        local piece, problem = value:read(65536)
        if piece == nil and problem then error(problem, 0) end
        if piece == '' then return nil end
        return piece
      end
  end
end

--- Makes a channel.
---@param size integer
---@return any
function M.channel(size)
  require 'stdlib.channel'
  return (queue.new(size))
end

---@param channel any
---@param value any
function M.send(channel, value)
  local problem = queue.send(queue.state_of[channel], value)
  if problem then error(problem, 0) end
end

---@param channel any
function M.close(channel) queue.close(queue.state_of[channel]) end

return M
