-- The body of a response that a guest writes: kept until the response is set, then sent by the context that lua/http/requests.lua made.

local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'
local exchange = require 'lua.wasi.exchange'
local protocol = require 'lua.guest.protocol'

local M = {}

-- How much is kept unsent, in bytes.
local ROOM = 1024 * 1024

--- Sends what has been written so far, and waits until the client has taken it, `ms` milliseconds at most. Gives false when it has gone.
function M.send(body, ms)
  local context = body.context
  if not context or body.size == 0 then return true end
  local taken = context.send(exchange.collect(body), ms)
  if not taken then body.failed = 'the client has gone' end
  return taken
end

--- What is left when the guest has ended.
M.rest = exchange.collect

-- Sends in the background, for a guest that does not wait.
local function start(body)
  if body.sending or not body.context or body.size == 0 then return end
  body.sending = true
  dispatcher.spawn(function()
    M.send(body)
    body.sending = false
    local watchers = body.watchers or {}
    body.watchers = nil
    for _, wake in ipairs(watchers) do
      wake()
    end
  end)
end

--- What stands behind an output stream (lua/wasi/p2/streams.lua) of a body.
function M.sink(body)
  local sink = {}
  function sink.write(text)
    if body.finished then return end
    if body.size + #text > 2 * ROOM then
      protocol.trap 'the guest writes more of its response than it was allowed to; it must flush, and set the response before'
    end
    body.pieces[#body.pieces + 1] = text
    body.size = body.size + #text
  end
  function sink.room() return math.max(ROOM - body.size, 0) end
  function sink.failure() return body.failed end
  function sink.flush() start(body) end

  -- What a guest waits for when it flushes.
  sink.pending = {
    work = function(limit)
      local ok, problem = pcall(M.send, body, limit and math.max((limit - clock.monotonic()) / 1e6, 1) or nil)
      if not ok then return problem end
    end,
  }
  -- What a guest waits for until there is room.
  sink.source = {
    ready = function() return body.failed ~= nil or body.size < ROOM end,
    watch = function(task, generation, wake)
      start(body)
      local watcher = function() wake(task, generation) end
      body.watchers = body.watchers or {}
      table.insert(body.watchers, watcher)
      if not body.sending then watcher() end
      return function() end
    end,
  }
  return sink
end

return M
