-- Streams between guests of WASI 0.3 and the host: what sources give (lua/wasi/p2/streams.lua), and what sinks take. The future beside a
-- stream has a value when its transfer is over.
--
-- Nothing is taken from a source before its guest reads. Each transfer that is under way is a task of the lane; it ends with its guest's
-- instance.

local calls = require 'lua.tasks.calls'
local dispatcher = require 'lua.dispatcher.dispatcher'
local ends = require 'lua.tasks.ends'
local held = require 'lua.wasi.sockets.held'
local objects = require 'lua.tasks.objects'
local protocol = require 'lua.guest.protocol'
local writing = require 'lua.tasks.writing'

local min = math.min

local M = {}

-- How much passes at once, in bytes or values, and how many transfers an instance may have.
local PIECE, MOST = 64 * 1024, 10000

--- What a function gives that has succeeded with nothing to say.
M.OK = { ok = true }

--- Waits, in a task of the lane, until a source is ready.
---@param source table
function M.wait(source)
  local task, generation = dispatcher.ticket()
  if not task then error(generation, 0) end
  local stop = source.watch(task, generation, dispatcher.wake)
  local problem = dispatcher.wait_until(nil, 'wasi')
  stop()
  if problem then error(problem, 0) end
end

--- Gives what f() gives that runs as a task of the lane, where it may wait; undo() is called where the guest cancels its call.
---@param f fun(): any
---@param undo fun()?
---@return table
function M.task(f, undo)
  return calls.later(function(resolve)
    local group = dispatcher.open(function(group)
      if group.results then return resolve(group.results[1]) end
      if undo then undo() end
    end, f)
    return function() dispatcher.cancel_group(group) end
  end)
end

--- A future of the host: `writer` is what a guest gets, give(value) its value.
---@return { writer: table, give: fun(value: any) }
function M.promise()
  local promise, shared, value = {}, nil, nil
  local function pass()
    if shared and value ~= nil then writing.write(shared, { value }, 1, function() ends.drop(shared) end) end
  end
  function promise.give(given)
    value = given
    pass()
  end
  promise.writer = objects.writer(function(given)
    shared = given
    pass()
  end)
  return promise
end

-- Notes a transfer until its end, or that of its instance: then cancel() is called.
local function enter(instance, cancel)
  local count = instance.transfers or 0
  if count >= MOST then protocol.trap(('the guest has %d streams of the host at once, more than it may'):format(MOST)) end
  instance.transfers = count + 1
  local transfer = {}
  held.add(instance, transfer, cancel)
  return function()
    instance.transfers = instance.transfers - 1
    held.remove(instance, transfer)
  end
end

-- Passes on what a source has while a guest reads; tells whether it may have more, and gives a failure.
local function pump(shared, source)
  while not shared.dropped do
    local pending = shared.pending
    if not pending then return true end
    local most = min(pending.buffer.length - pending.buffer.progress, PIECE)
    -- A guest that reads nothing wants to know that there is something.
    local piece, why = source.take(most > 0 and most or PIECE)
    if not piece then return false, why end
    if #piece == 0 then
      M.wait(source)
    elseif writing.write_waiting(shared, piece, #piece) then
      if source.abandon then source.abandon(piece) end
      return false
    end
  end
  return false
end

--- Gives a stream of what a source has, and the future that says how it ended: ok, or what failed(why) makes of the source's failure.
--- take() of a source may wait here; source.of_host says that it gives resources of the host, {value =} for each. source.close() is called
--- at the end, source.abandon(piece) with what nobody has taken.
---@param who table
---@param source table
---@param failed fun(why: any): any
---@return table stream
---@return table future
function M.reading(who, source, failed)
  local promise = M.promise()
  local shared, group, leave, over
  local function finish(why)
    if over then return end
    over = true
    leave()
    if source.close then source.close() end
    promise.give(why ~= nil and { err = failed(why) } or M.OK)
    if shared then
      shared.on_drop = nil
      ends.drop(shared)
    end
  end
  local function cancel()
    if group then dispatcher.cancel_group(group) end
    finish()
  end
  leave = enter(who.instance, cancel)
  local arm
  local function ended(done)
    group = nil
    if over then return end
    local results = done.results
    if results and results[1] then return arm() end
    finish(results and results[2] or not results and { reason = done.problem:message() } or nil)
  end
  -- Writes nothing, which is over when somebody reads.
  function arm()
    writing.write(shared, '', 0, function(dropped)
      if over or dropped then return end
      group = dispatcher.open(ended, pump, shared, source)
    end)
  end
  return objects.writer(function(given)
    shared = given
    shared.of_host, shared.on_drop = source.of_host, cancel
    arm()
  end),
    promise.writer
end

--- The same where there is nothing to read: the stream has ended, with a failure or without.
---@param value any the value of the future
---@return table stream
---@return table future
function M.ended(value)
  local promise = M.promise()
  promise.give(value)
  return objects.writer(ends.drop), promise.writer
end

-- Passes a guest's stream on to a sink, until its end or a failure, which it gives.
local function drain(shared, sink)
  while true do
    local room, why = sink.room(), sink.failure()
    if why then return why end
    if room == 0 then
      M.wait(sink.source)
    else
      local piece = objects.read(shared, min(room, PIECE), true)
      if not piece then break end
      sink.write(piece)
    end
  end
  if sink.flush then sink.flush() end
  while sink.drained and not sink.drained() do
    M.wait(sink.pending.sources[1])
  end
  local why = sink.failure()
  if not why and sink.finish then sink.finish() end
  return why
end

--- Has a sink take a guest's stream; gives the future that says how it ended, as `reading` does. sink.finish() is called when all was
--- taken, sink.close() at the end in any case.
---@param who table
---@param stream any
---@param sink table
---@param failed fun(why: any): any
---@return table future
function M.writing(who, stream, sink, failed)
  local promise, shared = M.promise(), objects.take(stream)
  local group
  local leave = enter(who.instance, function() dispatcher.cancel_group(group) end)
  group = dispatcher.open(function(done)
    leave()
    ends.drop(shared)
    if sink.close then sink.close() end
    local why = done.results and done.results[1]
    if not done.results then why = { reason = done.problem:message() } end
    promise.give(why and { err = failed(why) } or M.OK)
  end, drain, shared, sink)
  return promise.writer
end

--- The same where nothing is taken: the guest's stream is dropped.
---@param stream any
---@param value any
---@return table future
function M.refused(stream, value)
  local promise = M.promise()
  ends.drop(objects.take(stream))
  promise.give(value)
  return promise.writer
end

return M
