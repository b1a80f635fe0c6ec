-- What the glue of an import is given, by name, besides what all generated code is (lua/abi/support.lua): what takes, reaches and gives
-- handles, memory of the guest, and the hooks of lua/imports/run.lua. A chunk binds to locals, once, those names that its text uses.

local abi = require 'lua.abi.support'
local memory = require 'lua.guest.memory'
local protocol = require 'lua.guest.protocol'
local resources = require 'lua.imports.resources'

local M = {}

--- How much Lua memory the arguments of a call may take, about.
M.MOST_BYTES = 2 ^ 30

--- The functions themselves, which stand before those of the same name in lua/abi/support.lua.
M.given = {
  take = resources.take,
  reach = resources.reach,
  give_in = resources.give,
  allocate = memory.allocate,
  finish = protocol.finish,
  trap = protocol.trap,
}

local GLOBALS = { 'getmetatable', 'next', 'rawget', 'setmetatable', 'tonumber', 'type', 'unpack' }
local HOOKS = { 'begin', 'broken', 'fetch' }

-- A chunk is given five things: what all generated code is, what is here, the hooks, constants, and the import that it is for.
local ARGUMENTS = 'local support, own, hooks, K, import = ...'

--- The lines that bind the names which a text uses.
---@param body string
---@return string
function M.bindings(body)
  local out, places = { ARGUMENTS }, {}
  for name in pairs(abi.given) do
    places[name] = 'support.' .. name
  end
  for name in pairs(M.given) do
    places[name] = 'own.' .. name
  end
  for _, name in ipairs(HOOKS) do
    places[name] = 'hooks.' .. name
  end
  for _, name in ipairs(GLOBALS) do
    places[name] = name
  end
  local names = {}
  for name in pairs(places) do
    if abi.uses(body, name) then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    out[#out + 1] = ('local %s = %s'):format(name, places[name])
  end
  out[#out + 1] = 'local memory_data, memory_size = support.C.wasmtime_memory_data, support.C.wasmtime_memory_data_size'
  return table.concat(out, '\n')
end

--- The state of generated glue, and what reads and makes room in the guest's memory. `io` has the slot that a flat result is put into.
M.STATE = [[
local base, limit, budget, fault, holder, places, place
local io = support.result_slots
local function wrong(stand_in, what)
  fault = fault or "an argument " .. what
  return stand_in
end
local function full()
  fault = "it has no room for another handle"
  return 0
end
local function holds(v) return v ~= nil and v ~= false end
local function give(v, resource) return give_in(holder, v, resource) end
local function string_of(p, n)
]] .. abi.READ_STRING .. [[
end
local function string_at(at)
  local q = cast(p32, base + at)
  return string_of(q[0], q[1])
end
local function bytes_of(p, n)
]] .. abi.READ_BYTES .. [[
end
local function bytes_at(at)
  local q = cast(p32, base + at)
  return bytes_of(q[0], q[1])
end
local function ask(size, align) places[#places + 1] = { size = size, align = align } end
local CHANGED = "the value that it was given was changed by another coroutine while it made room"
local function alloc(size, align)
  place = place + 1
  local found = places[place]
  if not found or found.size ~= size or found.align ~= align then trap(CHANGED) end
  return found.at
end
local function look(instance)
  base, limit = memory_data(instance.ctx, instance.memory), tonumber(memory_size(instance.ctx, instance.memory))
end
]]

return M
