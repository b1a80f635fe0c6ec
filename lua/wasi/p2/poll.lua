-- wasi:io/poll: pollables, and waiting for them.
--
-- A pollable is {kind = 'pollable', deadline = monotonic nanoseconds} or {kind = 'pollable', source = object}: a source has ready(),
-- and watch(task, generation), which wakes the task when that may have changed and returns a function that ends the watching.
-- What a guest waits for is pending: {deadline = earliest or nil, sources = list or nil}, or {work = function(limit)}, which waits
-- itself and gives a problem or nil; lua/guest/fibers.lua waits for it.

local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local objects = require 'lua.guest.objects'
local protocol = require 'lua.guest.protocol'

local M = {}

local function ready(pollable)
  if pollable.deadline then return pollable.deadline <= clock.monotonic() end
  return pollable.source.ready()
end

local function block(instance, io)
  local pollable = objects.object(instance, io[0].u32, 'pollable')
  -- A deadline that is past waits for a turn of the others too: a guest that polls without end starves nobody.
  if pollable.source and pollable.source.ready() then return protocol.finish(io) end
  local function again(_, out)
    if ready(pollable) then return protocol.finish(out) end
    return protocol.wait(instance, out, pollable.pending, again)
  end
  pollable.pending = pollable.pending or { deadline = pollable.deadline, sources = pollable.source and { pollable.source } }
  return protocol.wait(instance, io, pollable.pending, again)
end

-- What a list of pollables waits for together.
local function pending_of(pollables)
  local pending, seen = {}, {}
  for _, pollable in ipairs(pollables) do
    if pollable.deadline then
      if not pending.deadline or pollable.deadline < pending.deadline then pending.deadline = pollable.deadline end
    else
      pending.sources = pending.sources or {}
      if not seen[pollable.source] then
        seen[pollable.source] = true
        table.insert(pending.sources, pollable.source)
      end
    end
  end
  return pending
end

local function poll(instance, io)
  local list, count, ret = io[0].u32, io[1].u32, io[2].u32
  if count == 0 then return 'the guest polls an empty list' end
  if count > objects.MOST_HANDLES then
    return ('the guest polls %d pollables at once; at most %d are taken'):format(count, objects.MOST_HANDLES)
  end
  local indices = ffi.cast('uint32_t *', memory.at(instance, list, 4 * count, 4))
  local pollables = {}
  for i = 1, count do
    pollables[i] = objects.object(instance, indices[i - 1], 'pollable')
  end
  memory.at(instance, ret, 8, 4)

  local pending
  local function look(_, out)
    local found = {}
    for i, pollable in ipairs(pollables) do
      if ready(pollable) then found[#found + 1] = i - 1 end
    end
    if #found == 0 then
      pending = pending or pending_of(pollables)
      return protocol.wait(instance, out, pending, look)
    end
    return memory.allocate(instance, out, {
      { size = 4 * #found, align = 4 },
      done = function(_, asked)
        local into = ffi.cast('uint32_t *', memory.at(instance, asked[1].at, 4 * #found, 4))
        for i, index in ipairs(found) do
          into[i - 1] = index
        end
        local result = ffi.cast('uint32_t *', memory.at(instance, ret, 8, 4))
        result[0], result[1] = asked[1].at, #found
      end,
    })
  end

  pending = pending_of(pollables)
  for _, source in ipairs(pending.sources or {}) do
    if source.ready() then return look(instance, io) end
  end
  return protocol.wait(instance, io, pending, look)
end

linking.provide('wasi:io/poll', {
  poll = poll,
  ['[method]pollable.block'] = block,
  ['[method]pollable.ready'] = function(instance, io) io[0].u64 = ready(objects.object(instance, io[0].u32, 'pollable')) and 1 or 0 end,
  ['[resource-drop]pollable'] = function(instance, io) objects.drop(instance, io[0].u32, 'pollable') end,
})

-- A source that is always ready: what nothing has to be waited for.
M.always = {
  ready = function() return true end,
  watch = function()
    return function() end
  end,
}

--- Gives the guest a pollable of a source, which belongs to `parent`, the object that it is asked of, if any.
function M.of_source(instance, source, parent) return objects.hand(instance, { kind = 'pollable', source = source }, parent) end

--- Gives the guest a pollable for a moment of the monotonic clock.
function M.of_deadline(instance, deadline) return objects.hand(instance, { kind = 'pollable', deadline = deadline }) end

return M
