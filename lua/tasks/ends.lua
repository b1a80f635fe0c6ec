-- Streams and futures: what their two ends share, the ends that guests hold, and how values pass from one to the other (CanonicalABI.md,
-- "Stream State", "Future State").
--
-- Each side of a copy has a buffer: of a guest (`guest_buffer`), or of Lua (lua/tasks/objects.lua). A buffer has `length` and `progress`,
-- and gives or takes values in Lua; numbers pass between guests as bytes.

local ffi = require 'ffi'
local protocol = require 'lua.guest.protocol'
local waitables = require 'lua.tasks.waitables'
local wasmtime = require 'lua.wasmtime.api'

local min, copy, str, tonumber = math.min, ffi.copy, ffi.string, tonumber
local EVENTS = waitables.EVENTS

local M = {}

--- How a copy ends.
M.COMPLETED, M.DROPPED, M.CANCELED = 0, 1, 2
local COMPLETED, DROPPED, CANCELED = 0, 1, 2
--- How much a copy may pass at once.
M.MOST_LENGTH = 2 ^ 28 - 1

local NUMBERS = { u8 = 1, s8 = 1, u16 = 2, s16 = 2, u32 = 4, s32 = 4, u64 = 8, s64 = 8, f32 = 4, f64 = 8 }
M.NUMBERS = NUMBERS

--- What both ends share.
---@class Shared
---@field kind string 'stream' or 'future'
---@field element table? the type that it carries
---@field dropped boolean an end is gone
---@field pending table? who waits to copy: {side =, buffer =, who =, on_copy =, done =}
---@field busy boolean a copy is under way, and needs memory of a guest
---@field key string the text of its type
---@field on_drop fun()? called when an end is gone, for a writer in Lua
---@field reader table? the state of the instance whose guest has the readable end
---@field failed table? the report of the failure of an instance that had an end
---@field lost fun(report: table)? called when the instance of a guest has failed, for a reader in Lua
---@field of_host boolean? it carries resources of the host, as guests have them
---@field problem any? what its writer in Lua has failed with

---@param kind string
---@param element table?
---@return Shared
function M.new(kind, element) return { kind = kind, element = element, dropped = false, pending = nil, busy = false } end

-- Buffers ------------------------------------------------------------------------------------------------------------

local function memory_of(buffer)
  local ctx, memory = buffer.who.instance.ctx, buffer.memory
  return wasmtime.C.wasmtime_memory_data(ctx, memory), tonumber(wasmtime.C.wasmtime_memory_data_size(ctx, memory))
end

local Guest = {}
Guest.__index = Guest

--- A buffer in a guest's memory; a trap where it does not lie there.
---@param who table
---@param values Values of the element
---@param memory ffi.cdata*?
---@param at integer
---@param length integer
---@return table
function M.guest_buffer(who, values, memory, at, length)
  if length > M.MOST_LENGTH then protocol.trap(('a copy of %d values: at most %d pass at once'):format(length, M.MOST_LENGTH)) end
  local element = values.types[1]
  local buffer = setmetatable({
    who = who,
    values = values,
    memory = memory,
    at = at,
    length = length,
    progress = 0,
    size = element and values.size or 0,
    number = element and NUMBERS[element.kind],
    bytes = element and element.kind == 'u8',
    is_guest = true,
  }, Guest)
  if element and length > 0 then
    if at % values.align ~= 0 then protocol.trap 'unaligned pointer: a buffer is not at a multiple of the alignment of what it holds' end
    local _, limit = memory_of(buffer)
    if at + length * buffer.size > limit then protocol.trap 'out of bounds: a buffer does not lie within the memory of the guest' end
  end
  return buffer
end

-- Takes `n` values out: as a string of bytes, or a sequence.
function Guest.take(buffer, n)
  local at = buffer.at + buffer.progress * buffer.size
  buffer.progress = buffer.progress + n
  if buffer.size == 0 then return n end
  if buffer.bytes then
    local base = memory_of(buffer)
    return str(base + at, n)
  end
  local out, load = {}, buffer.values.load
  for i = 1, n do
    local ok, value = load(buffer.who, buffer.memory, at + (i - 1) * buffer.size)
    if not ok then protocol.trap('the guest passes ' .. value) end
    out[i] = value
  end
  return out
end

-- The memory that values take besides.
function Guest.places(buffer, values, n)
  local places = {}
  if not buffer.values.points then return places end
  for i = 1, n do
    buffer.values.sizes(buffer.who, places, values[i])
  end
  return places
end

-- Puts `n` values in.
function Guest.put(buffer, values, n, places)
  local at = buffer.at + buffer.progress * buffer.size
  if buffer.bytes then
    local base, limit = memory_of(buffer)
    if at + n > limit then protocol.trap 'a buffer does not lie within the memory of the guest' end
    copy(base + at, values, n)
  elseif buffer.size > 0 then
    local put, taken = buffer.values.put, places or {}
    for i = 1, n do
      local mine = {}
      if places and places[1] then
        local wanted = {}
        buffer.values.sizes(buffer.who, wanted, values[i])
        for k = 1, #wanted do
          mine[k] = table.remove(taken, 1)
        end
      end
      local wrong = put(buffer.who, buffer.memory, mine, nil, at + (i - 1) * buffer.size, values[i])
      if wrong then protocol.trap(wrong) end
    end
  end
  buffer.progress = buffer.progress + n
end

-- Copies between guests what is bytes.
local function copy_bytes(from, to, n)
  local size = from.size
  if size > 0 then
    local source, source_limit = memory_of(from)
    local target, target_limit = memory_of(to)
    local a, b = from.at + from.progress * size, to.at + to.progress * size
    if a + n * size > source_limit or b + n * size > target_limit then
      protocol.trap 'a buffer does not lie within the memory of the guest'
    end
    ffi.C.memmove(target + b, source + a, n * size)
  end
  from.progress, to.progress = from.progress + n, to.progress + n
end
ffi.cdef 'void *memmove(void *, const void *, size_t);'

-- Passes `n` values on, and then calls done(); failed() where the guest that takes them ends first.
local function pass(shared, from, to, n, done, failed)
  if from.is_guest and to.is_guest and (from.size == 0 or from.number) then
    copy_bytes(from, to, n)
    return done()
  end
  local values = from:take(n)
  local places = to.is_guest and to:places(values, n)
  if not places or not places[1] then
    to:put(values, n)
    return done()
  end
  shared.busy = true
  local calls = to.who.state.calls
  local function lost()
    shared.busy = false
    M.abandon(shared)
    failed()
  end
  calls[lost] = true
  to.who.state.make_room(to.who, places, to.realloc, function()
    to:put(values, n, places)
    calls[lost] = nil
    shared.busy = false
    done()
  end)
end

-- What is shared ------------------------------------------------------------------------------------------------------

local function settle(shared, result)
  local pending = shared.pending
  shared.pending = nil
  pending.done(result)
end

local function wait(shared, side, who, buffer, on_copy, done)
  shared.pending = { side = side, who = who, buffer = buffer, on_copy = on_copy, done = done }
end

-- The two ends are of the same component instance, and what passes is more than a number.
local function is_own(shared, who, pending)
  local element = shared.element
  return who.home and who.home == pending.who.home and element ~= nil and not NUMBERS[element.kind]
end

--- Copies from or to the other end: `side` is 'read' or 'write'. on_copy(result) may be called each time that a part has passed while the
--- rest is waited for, done(result) when it is over.
---@param shared Shared
---@param side string
---@param who table
---@param buffer table
---@param on_copy fun(reclaim: fun())
---@param done fun(result: integer)
function M.copy(shared, side, who, buffer, on_copy, done)
  if shared.dropped then return done(DROPPED) end
  local pending = shared.pending
  if pending and pending.buffer.is_guest and not pending.who.instance.ctx then
    -- The guest that waits has failed: its memory is gone.
    shared.pending = nil
    M.drop(shared)
    return done(DROPPED)
  end
  if not pending then return wait(shared, side, who, buffer, on_copy, done) end
  if is_own(shared, who, pending) then
    protocol.trap 'cannot read from and write to intra-component future or stream with non-numeric payload'
  end
  local other = pending.buffer
  local left, mine = other.length - other.progress, buffer.length - buffer.progress
  if shared.kind == 'future' then
    local from, to = buffer, other
    if side == 'read' then
      from, to = other, buffer
    end
    return pass(shared, from, to, 1, function()
      settle(shared, COMPLETED)
      done(COMPLETED)
    end, function() done(DROPPED) end)
  end
  if left > 0 then
    if mine == 0 then return done(COMPLETED) end
    local from, to = buffer, other
    if side == 'read' then
      from, to = other, buffer
    end
    return pass(shared, from, to, min(left, mine), function()
      if shared.pending == pending then
        pending.on_copy(function()
          if shared.pending == pending then shared.pending = nil end
        end)
      end
      done(COMPLETED)
    end, function() done(DROPPED) end)
  end
  if side == 'write' and buffer.length == 0 and other.length == 0 then return done(COMPLETED) end
  settle(shared, COMPLETED)
  wait(shared, side, who, buffer, on_copy, done)
end

--- Ends the copy that waits.
---@param shared Shared
function M.cancel(shared)
  if shared.pending and not shared.busy then settle(shared, CANCELED) end
end

--- Says that an end is gone.
---@param shared Shared
function M.drop(shared)
  if shared.dropped then return end
  shared.dropped = true
  if shared.pending and not shared.busy then settle(shared, DROPPED) end
  if shared.on_drop then shared.on_drop() end
end

--- Says that the guest which had the readable end has failed: what it waited for has no memory any more.
---@param shared Shared
function M.abandon(shared)
  local pending = shared.pending
  if pending and pending.side == 'read' and not shared.busy then shared.pending = nil end
  M.drop(shared)
end

-- Ends that guests hold ------------------------------------------------------------------------------------------------

--- An end in a table.
---@class End: Waitable
---@field shared Shared
---@field side string 'read' or 'write'
---@field state string idle, copying, canceling or done
---@field kind string
---@field buffer table? of the copy

--- Makes an end; its kind is such as 'readable end of a stream'.
---@param shared Shared
---@param side string
---@return End
function M.new_end(shared, side)
  local word = side == 'read' and 'readable' or 'writable'
  return { kind = ('%s end of a %s'):format(word, shared.kind), shared = shared, side = side, state = 'idle' }
end

M.CODES = {
  stream = { read = EVENTS.stream_read, write = EVENTS.stream_write },
  future = { read = EVENTS.future_read, write = EVENTS.future_write },
}

--- Begins a copy of an end with a buffer; the end has an event when it is over.
---@param e End
---@param who table
---@param buffer table
function M.begin(e, who, buffer)
  local code, is_stream = M.CODES[e.shared.kind][e.side], e.shared.kind == 'stream'
  local function event(result, reclaim)
    return function()
      if reclaim then reclaim() end
      if result == DROPPED or (not is_stream and result == COMPLETED) then
        e.state = 'done'
      else
        e.state = 'idle'
      end
      e.buffer = nil
      return code, is_stream and result + 16 * buffer.progress or result
    end
  end
  e.state, e.buffer = 'copying', buffer
  M.copy(
    e.shared,
    e.side,
    who,
    buffer,
    function(reclaim) waitables.set_event(e, event(COMPLETED, reclaim)) end,
    function(result) waitables.set_event(e, event(result)) end
  )
end

--- Ends an end that leaves its table.
---@param e End
function M.drop_end(e)
  if e.state == 'copying' or e.state == 'canceling' then
    protocol.trap(('cannot drop busy %s: a copy of it is under way'):format(e.shared.kind))
  end
  if e.shared.kind == 'future' and e.side == 'write' and e.state ~= 'done' then
    protocol.trap 'cannot drop future write end without first writing a value'
  end
  M.drop(e.shared)
  waitables.drop(e)
end

return M
