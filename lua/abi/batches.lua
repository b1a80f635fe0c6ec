-- Batches: the memory that a list takes for the strings and lists in it, allocated by few calls of the guest instead of one for each.
--
-- Before such a list is lowered, `reserve` goes through it and notes what each string and list takes, in the order in which they are
-- lowered; then our WebAssembly calls the guest's realloc for 16 at a time (host/wasm/plan/batches.py), which makes the same calls
-- in the same order. `alloc` hands the addresses out, and checks each as one that it has asked for itself.

local ffi = require 'ffi'
local build = require 'lua.guest.build'
local trap = require 'lua.wasmtime.trap'
local wasmtime = require 'lua.wasmtime.api'

local M = {}

-- How many allocations a batch has, as host/wasm/plan/batches.py has it.
local MOST = 16

-- What is noted: 16 times the size, and the alignment; and the addresses. Both have room for one batch more.
local words = ffi.typeof 'uint32_t[?]'
local FEW = 1024

--- What generated code is given, by name: `noted` has the buffers, which all functions of a lane share, as a list is lowered in one go.
---@class Noted
---@field room integer
---@field need ffi.cdata* uint32_t[]
---@field place ffi.cdata* uint32_t[]
local noted = { room = 0, need = nil, place = nil }

local function set_room(room)
  local need = words(room + MOST)
  if noted.need ~= nil then ffi.copy(need, noted.need, 4 * math.min(noted.room, room)) end
  noted.room, noted.need, noted.place = room, need, words(room + MOST)
end
set_room(FEW)

--- Makes room for more notes.
local function more() set_room(noted.room * 4) end
jit.off(more)

--- Gives up large buffers.
local function less() set_room(FEW) end
jit.off(less)

-- The function for batches of a binding's realloc, or false where there is none.
local function batch_of(binding)
  local instance = binding.instance
  local plan = instance.plan
  if not binding.realloc or instance.asynchronous then return false end
  if plan.gated then return build.take_func(instance, { group = 1, name = binding.batch_name, late = 0 }) end
  if not plan.batches then return false end
  local realloc, into, found, slot = ffi.new 'mw_extern[1]', ffi.new 'mw_instance[1]', ffi.new 'mw_extern[1]', ffi.new 'void *[1]'
  realloc[0].kind, realloc[0].of.func = wasmtime.FUNC, binding.realloc
  local failure = wasmtime.C.wasmtime_instance_new(instance.ctx, plan.batches, realloc, 1, into, slot)
  if failure ~= nil or slot[0] ~= nil then
    trap.take(failure, slot[0])
    return false
  end
  if not wasmtime.C.wasmtime_instance_export_get(instance.ctx, into, 'batch', 5, found) then return false end
  return ffi.new('mw_func', found[0].of.func)
end

--- Gives a binding its function for batches, when the first of them is needed.
---@param binding Binding
---@return ffi.cdata*|false
local function equip(binding)
  binding.batch = batch_of(binding)
  return binding.batch
end
jit.off(equip)

local function each(text, joined)
  local out = {}
  for i = 0, MOST - 1 do
    out[#out + 1] = text:gsub('#', i)
  end
  return table.concat(out, joined)
end

-- Straight code for one batch, so that a loop around a call with a short list has no loop in it here.
local TEXT = ([[
local noted, rb = ...
return function(call, ctx, batch, i, count, number, trap)
  local need, place = noted.need, noted.place
  %s = %s
  rb[16].u32, rb[17].u32 = count, number
  local failure = call(ctx, batch, rb, 18, trap)
  %s = %s
  return failure
end]]):format(each('rb[#].u32', ', '), each('need[i + #]', ', '), each('place[i + #]', ', '), each('rb[#].u32', ', '))
local made, why = loadstring(TEXT, '=batches')
if not made then error(why, 0) end
local one = made(noted, ffi.new('mw_raw[?]', MOST + 2))

--- Has the guest's realloc called for all that is noted; gives what Wasmtime reports, the trap in `slot`.
---@param call function by which the guest is called
---@param ctx ffi.cdata* wasmtime_context_t*
---@param batch ffi.cdata* mw_func
---@param wanted integer how much is noted
---@param number integer of the realloc, for its gate
---@param slot ffi.cdata* void *[1]
---@return ffi.cdata*? wasmtime_error_t*
local function allocate(call, ctx, batch, wanted, number, slot)
  if wanted <= MOST then return one(call, ctx, batch, 0, wanted, number, slot) end
  for i = 0, wanted - 1, MOST do
    local failure = one(call, ctx, batch, i, math.min(wanted - i, MOST), number, slot)
    if failure ~= nil or slot[0] ~= nil then return failure end
  end
  return nil
end

M.given = {
  noted = noted,
  more_notes = more,
  fewer_notes = less,
  equip_batches = equip,
  allocate = allocate,
}

--- The statement that reserves what the list `v` takes, where nothing is reserved yet; `measure` notes that.
---@param measure string
---@return string
function M.reserve(measure)
  return ('if taken == wanted and batch ~= false and n > 1 and not reserve(v, %s) then return false end'):format(measure)
end

--- What a function with such parameters has besides.
M.STATE = 'local wanted, taken, room, need, place, batch, holder_of_batches = 0, 0, 0\n'

M.TEXT = [[
local function ask(size, align)
  if wanted == room then
    more_notes()
    room, need = noted.room, noted.need
  end
  need[wanted] = size * 16 + align
  wanted = wanted + 1
end
local function reserve(v, measure)
  if batch == nil then
    batch = equip_batches(holder_of_batches)
    if not batch then return true end
  end
  room, need, wanted, taken = noted.room, noted.need, 0, 0
  measure(v)
  place = noted.place
  failure = allocate(call_realloc, ctx, batch, wanted, number, trap)
  if failure ~= nil or trap[0] ~= nil then return false end
  base, limit = memory_data(ctx, mem), tonumber(memory_size(ctx, mem))
  return true
end
]]

return M
