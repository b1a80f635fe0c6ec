-- Generates what lifts values out of a guest of WASI 0.3 and lowers them into it, for a list of types: parameters, a result, or what a
-- stream carries. Unlike the code of lua/abi/generate.lua it never calls the guest: what a value takes of the guest's memory is measured,
-- asked for (lua/tasks/jobs.lua), and filled when it is there.
--
-- A `holder` says whose values they are: {instance =, state =, home =, task =, host =}, see lua/tasks/handles.lua.

local abi = require 'lua.abi.support'
local check = require 'lua.abi.check'
local emitter = require 'lua.abi.emitter'
local flat = require 'lua.imports.flat'
local handles = require 'lua.tasks.handles'
local imports = require 'lua.imports.support'
local layout = require 'lua.abi.layout'
local lift = require 'lua.abi.lift'
local lower = require 'lua.abi.lower'
local measure = require 'lua.abi.measure'
local protocol = require 'lua.guest.protocol'
local wasmtime = require 'lua.wasmtime.api'

local M = {}

-- Past so many values they do not fit a function's locals.
M.MOST = 100

local GLOBALS = { 'getmetatable', 'next', 'rawget', 'setmetatable', 'tonumber', 'type' }

local STATE = [[
local base, limit, budget, fault, holder, places, place, io
local function wrong(stand_in, what)
  fault = fault or "a value " .. what
  return stand_in
end
local function full()
  fault = "it has no room for another handle"
  return 0
end
local function take(_, resource, index) return own.take(holder, resource, index) end
local function reach(_, resource, index) return own.reach(holder, resource, index) end
local function give(v, resource) return own.give(holder, v, resource) end
local function lend(v, resource) return own.lend(holder, v, resource) end
local function take_end(_, t, index) return own.take_end(holder, t, index) end
local function give_end(_, v, t) return own.give_end(holder, v, t) end
local function holds(v, resource, is_own) return own.holds(holder, v, resource, is_own) end
local function holds_end(v, t) return own.holds_end(holder, v, t) end
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
local function alloc(size, align)
  place = place + 1
  local found = places[place]
  if not found or found.size ~= size or found.align ~= align then
    trap "the value that it was given was changed by another coroutine while it made room"
  end
  return found.at
end
local function look(memory)
  if not memory then base, limit = nil, 0 return end
  local ctx = holder.instance.ctx
  base, limit = memory_data(ctx, memory), tonumber(memory_size(ctx, memory))
end
]]

local function bindings(body)
  local out = {
    'local support, own, K, trap, C = ...',
    'local memory_data, memory_size = C.wasmtime_memory_data, C.wasmtime_memory_data_size',
  }
  local own = { take = true, reach = true, give = true, lend = true, holds = true }
  local names = {}
  for name in pairs(abi.given) do
    if not own[name] and name ~= 'trap' and name ~= 'C' and abi.uses(body, name) then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    out[#out + 1] = ('local %s = support.%s'):format(name, name)
  end
  for _, name in ipairs(GLOBALS) do
    if abi.uses(body, name) then out[#out + 1] = ('local %s = %s'):format(name, name) end
  end
  return table.concat(out, '\n')
end

local function named(types)
  local names, fits = {}, {}
  for i = 1, #types do
    names[i] = 'a' .. i
  end
  return table.concat(names, ', '), names, fits
end

local function write_checks(block, e, types, arguments)
  local checks = {}
  for i, t in ipairs(types) do
    checks[i] = check.expression(e, t, 'a' .. i)
  end
  block:open('local function fits(%s)', arguments == '' and 'who' or 'who, ' .. arguments)
  block:put 'holder = who'
  block:put('return %s', #checks > 0 and table.concat(checks, ' and ') or 'true')
  block:close()
end

local BEGIN = 'holder, fault, budget = who, nil, ' .. imports.MOST_BYTES

local function write_lift(block, e, types, tuple, spilled)
  block:open 'local function load(who, memory, at)'
  block:put(BEGIN)
  block:put 'look(memory)'
  block:put('if at + %d > limit then return nil, "values outside of its memory" end', tuple.size)
  block:put('if at %% %d ~= 0 then return nil, "values at an address that is not a multiple of %d" end', tuple.align, tuple.align)
  for i, t in ipairs(types) do
    block:put('local a%d = %s', i, lift.load_text(e, t, lower.plus('at', tuple.offsets[i])))
  end
  block:put 'if fault then return nil, fault end'
  block:put('return true%s', #types > 0 and ', ' .. named(types) or '')
  block:close()
  block:open 'local function lift(who, memory, io)'
  if spilled then
    block:put 'return load(who, memory, io[0].u32)'
  else
    block:put(BEGIN)
    block:put 'look(memory)'
    local slot = 0
    for i, t in ipairs(types) do
      block:put('local a%d = %s', i, flat.text(e, t, tostring(slot)))
      slot = slot + #t.flat
    end
    block:put 'if fault then return nil, fault end'
    block:put('return true%s', #types > 0 and ', ' .. named(types) or '')
  end
  block:close()
end

local function write_lower(block, e, types, tuple, spilled, arguments)
  local more = arguments == '' and '' or ', ' .. arguments
  block:open('local function sizes(who, into%s)', more)
  block:put 'holder, places = who, into'
  if spilled then block:put('ask(%d, %d)', tuple.size, tuple.align) end
  for i, t in ipairs(types) do
    block:put(measure.text(e, t, 'a' .. i))
  end
  block:close()
  block:open('local function store(at%s)', more)
  for i, t in ipairs(types) do
    block:put(lower.store_text(e, t, 'a' .. i, lower.plus('at', tuple.offsets[i])))
  end
  block:put 'return true'
  block:close()
  block:open('local function put_flat(to%s)', more)
  -- Functions of variants and records write into it.
  block:put 'io = to'
  if not spilled then
    local slot = 0
    for i, t in ipairs(types) do
      for k = 0, #t.flat - 1 do
        block:put('io[%d].u64 = 0', slot + k)
      end
      block:put(lower.flat_text(e, t, 'a' .. i, tostring(slot)))
      slot = slot + #t.flat
    end
  end
  block:put 'return true'
  block:close()
  block:open('local function put(who, memory, from, io, at%s)', more)
  block:put 'holder, fault, places, place = who, nil, from, 0'
  block:put 'look(memory)'
  block:open 'if at then'
  block:put('if at + %d > limit then return "its place for values is outside its memory" end', tuple.size)
  block:put('if at %% %d ~= 0 then return "its place for values is not at a multiple of %d" end', tuple.align, tuple.align)
  block:put('store(at%s)', more)
  block:turn 'else'
  if spilled then
    block:put('local own_place = alloc(%d, %d)', tuple.size, tuple.align)
    block:put('store(own_place%s)', more)
    block:put 'io[0].u64 = own_place'
  else
    block:put('put_flat(io%s)', more)
  end
  block:close()
  block:put 'return fault'
  block:close()
end

--- What passes values of a list of types.
---@class Values
---@field types table[]
---@field size integer of all of them as a tuple
---@field align integer
---@field count integer how many core values they are, one where they are spilled
---@field spilled boolean they are too many for core values
---@field points boolean they hold strings or lists
---@field fits fun(who: table, ...): boolean
---@field lift fun(who: table, memory: ffi.cdata*?, io: ffi.cdata*): true|nil, any gives true and the values, or nil and what is wrong
---@field load fun(who: table, memory: ffi.cdata*?, at: integer): true|nil, any
---@field sizes fun(who: table, into: table, ...) adds the places that the values take
---@field put fun(who: table, memory: ffi.cdata*?, from: table, io: ffi.cdata*, at: integer?, ...): string? gives what is wrong

local cache = setmetatable({}, { __mode = 'k' })

--- Gives what passes values of the types of a linked signature's parameters, of which at most `most` are core values.
---@param types table[]
---@param most integer
---@param name string for messages
---@return Values
function M.new(types, most, name)
  local parts, flats, points = {}, 0, false
  for i, t in ipairs(types) do
    parts[i] = layout.of(t)
    flats = flats + #t.flat
    points = points or layout.has_pointers(t)
  end
  local tuple = layout.of { kind = 'tuple', types = parts }
  local spilled = flats > most
  if #types > M.MOST then error({ too_large = 'it passes more than 100 values' }, 0) end
  local e, block = emitter.new(), emitter.block()
  local arguments = named(types)
  write_checks(block, e, types, arguments)
  write_lift(block, e, types, tuple, spilled)
  write_lower(block, e, types, tuple, spilled, arguments)
  block:put 'return fits, lift, load, sizes, put'
  local body = STATE .. e:text(block:text())
  local given = abi.given
  given.C = wasmtime.C
  local made, why = loadstring(bindings(body) .. '\n' .. body, '=values:' .. name)
  if not made then error({ too_large = why:gsub('^values:.-:%d+: ', '') }, 0) end
  local fits, lifts, load, sizes, put = made(given, handles, e.constants, protocol.trap, wasmtime.C)
  return {
    types = types,
    size = tuple.size,
    align = tuple.align,
    count = spilled and 1 or flats,
    spilled = spilled,
    points = points,
    fits = fits,
    lift = lifts,
    load = load,
    sizes = sizes,
    put = put,
  }
end

--- The same for the parameters of a signature, made once.
---@param sig table
---@param most integer
---@return Values
function M.params(sig, most)
  local known = cache[sig] or {}
  cache[sig] = known
  if not known[most] then
    local types = {}
    for i, param in ipairs(sig.params) do
      types[i] = param.type
    end
    known[most] = M.new(types, most, sig.name)
  end
  return known[most]
end

--- The same for its result.
---@param sig table
---@param most integer
---@return Values
function M.result(sig, most)
  local known = cache[sig] or {}
  cache[sig] = known
  local key = 'result' .. most
  if not known[key] then known[key] = M.new(sig.result and { sig.result } or {}, most, sig.name) end
  return known[key]
end

handles.values = M.new

return M
