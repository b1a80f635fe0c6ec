-- The built-ins for streams and futures (lua/tasks/ends.lua), which join those of lua/tasks/natives.lua.

local ends = require 'lua.tasks.ends'
local natives = require 'lua.tasks.natives'
local protocol = require 'lua.guest.protocol'
local states = require 'lua.tasks.state'
local tables = require 'lua.tasks.tables'
local values = require 'lua.tasks.values'
local waitables = require 'lua.tasks.waitables'

local makers, finish, who_of, home_of, wait_alone = natives.makers, natives.finish, natives.who_of, natives.home_of, natives.wait_alone
local BLOCKED, SYNCHRONOUS, trap = waitables.BLOCKED, natives.SYNCHRONOUS, protocol.trap

local function make_new(kind)
  return function(row)
    local element = row.signature.params[1] and row.signature.params[1].type
    return function(instance, io)
      local state = states.of(instance)
      local t = home_of(state, row).table
      local shared = ends.new(kind, element)
      shared.key = row.type
      local readable, writable = ends.new_end(shared, 'read'), ends.new_end(shared, 'write')
      readable.index = tables.add(t, readable)
      writable.index = tables.add(t, writable)
      return finish(state, io, readable.index + writable.index * 4294967296ULL)
    end
  end
end

local WORDS = { read = 'readable', write = 'writable' }

local function end_of(state, row, index, kind, side)
  local e = tables.of_kind(home_of(state, row).table, index, ('%s end of a %s'):format(WORDS[side], kind))
  if e.shared.key ~= row.type then
    trap(('handle index %d used with the wrong type: it is the end of a %s, not of a %s'):format(index, e.shared.key, row.type))
  end
  return e
end

-- What a guest is told that copies where it can't any more.
local DONE = {
  stream = {
    read = 'cannot read after being notified that the writable end dropped',
    write = 'cannot write after being notified that the readable end dropped',
  },
  future = {
    read = 'cannot read from future after previous read succeeded',
    write = 'cannot write to future after previous write succeeded or readable end dropped',
  },
}

local function make_copy(kind, side)
  return function(row)
    local of = values.params(row.signature, 16)
    return function(instance, io)
      local state = states.of(instance)
      natives.check_wait(state, row)
      local index, at, length = io[0].u32, io[1].u32, kind == 'future' and 1 or io[2].u32
      local e = end_of(state, row, index, kind, side)
      if e.state == 'done' then trap(DONE[kind][side]) end
      if e.state ~= 'idle' then trap 'cannot have concurrent operations active on a future/stream' end
      if e.set and not row.asynchronous then trap(SYNCHRONOUS) end
      local who = who_of(state, row)
      local buffer = ends.guest_buffer(who, of, who.memory, at, length)
      buffer.realloc = row.realloc
      ends.begin(e, who, buffer)
      if e.event then
        local _, payload = waitables.take_event(e)
        return finish(state, io, payload)
      end
      if row.asynchronous then return finish(state, io, BLOCKED) end
      return wait_alone(state, io, e, function(out, _, payload) out[0].u64 = payload end)
    end
  end
end

local function make_cancel(kind, side)
  return function(row)
    return function(instance, io)
      local state = states.of(instance)
      natives.check_wait(state, row)
      local e = end_of(state, row, io[0].u32, kind, side)
      if e.state ~= 'copying' or e.waiter then trap('stream or future ' .. side .. ' canceled when no ' .. side .. ' is pending') end
      if e.set and not row.asynchronous then trap(SYNCHRONOUS) end
      e.state = 'canceling'
      if not e.event then ends.cancel(e.shared) end
      if e.event then
        local _, payload = waitables.take_event(e)
        return finish(state, io, payload)
      end
      if row.asynchronous then return finish(state, io, BLOCKED) end
      return wait_alone(state, io, e, function(out, _, payload) out[0].u64 = payload end)
    end
  end
end

local function make_drop(kind, side)
  return function(row)
    return function(instance, io)
      local state, index = states.of(instance), io[0].u32
      local e = end_of(state, row, index, kind, side)
      ends.drop_end(e)
      tables.remove(home_of(state, row).table, index)
      return finish(state, io)
    end
  end
end

for _, kind in ipairs { 'stream', 'future' } do
  makers[kind .. '.new'] = make_new(kind)
  for side, word in pairs(WORDS) do
    makers[('%s.%s'):format(kind, side)] = make_copy(kind, side)
    makers[('%s.cancel-%s'):format(kind, side)] = make_cancel(kind, side)
    makers[('%s.drop-%s'):format(kind, word)] = make_drop(kind, side)
  end
end
