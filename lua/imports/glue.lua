-- Generates what stands between a guest and what answers a function that it imports: the mirror of lua/abi/generate.lua. One chunk per
-- signature, with `call(instance, io)`, which lifts and checks the arguments and begins the provider, `give(instance, io, ret, value,
-- later)`, which lowers a checked result, and the checks of a result and of its sides.
--
-- No function of the host calls into the guest. What a result takes of the guest's memory is measured first, asked for
-- (lua/guest/memory.lua), and filled when it is there; the value is a provider's, which may have changed it meanwhile, so it is checked
-- once more.

local check = require 'lua.abi.check'
local emitter = require 'lua.abi.emitter'
local flat = require 'lua.imports.flat'
local generate = require 'lua.abi.generate'
local layout = require 'lua.abi.layout'
local lift = require 'lua.abi.lift'
local lower = require 'lua.abi.lower'
local measure = require 'lua.imports.measure'
local memory = require 'lua.guest.memory'
local protocol = require 'lua.guest.protocol'
local resources = require 'lua.imports.resources'
local ffi = require 'ffi'
local wasmtime = require 'lua.wasmtime.api'

local M = {}

-- How much Lua memory the arguments of a call may take, about.
M.MOST_BYTES = 2 ^ 30

-- What the generated code calls besides what all generated code does.
local own = {
  take = resources.take,
  reach = resources.reach,
  give_in = resources.give,
  allocate = memory.allocate,
  finish = protocol.finish,
  trap = protocol.trap,
}

local GLOBALS = { 'type', 'rawget', 'next', 'getmetatable', 'setmetatable', 'tonumber' }

-- `rv` is the slot that a flat result is put into.
local STATE = [[
local base, limit, budget, fault, holder, places, place
local io = S.rv
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
  if p + n > limit then return wrong("", "has a string outside the guest's memory") end
  if n > MAX_BYTES then return wrong("", "has a string that is longer than any may be") end
  budget = budget - n
  if budget < 0 then return wrong("", "takes more memory than an argument may") end
  if not bytes_are_utf8(base + p, n, limit - p) then return wrong("", "has a string that is not UTF-8") end
  return str(base + p, n)
end
local function string_at(at)
  local q = cast(p32, base + at)
  return string_of(q[0], q[1])
end
local function bytes_of(p, n)
  if p + n > limit then return wrong("", "has a list outside the guest's memory") end
  if n > MAX_BYTES then return wrong("", "has a list that is longer than any may be") end
  budget = budget - n
  if budget < 0 then return wrong("", "takes more memory than an argument may") end
  return str(base + p, n)
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

-- The statements that lift the arguments into locals, or into one table where they are too many; gives the text that passes them on.
local function arguments(e, sig, put)
  local names, slot, many = {}, 0, #sig.params > 100
  if many then put 'local a = {}' end
  for i, param in ipairs(sig.params) do
    local t = param.type
    local value
    if sig.spilled then
      value = lift.load_text(e, t, lower.plus('at', sig.tuple.offsets[i]))
    else
      value = flat.text(e, t, tostring(slot))
      slot = slot + #t.flat
    end
    names[i] = 'a' .. i
    put((many and 'a[%d] = %s' or 'local a%d = %s'):format(i, value))
  end
  if many then return (', unpack(a, 1, %d)'):format(#names) end
  return #names > 0 and ', ' .. table.concat(names, ', ') or ''
end

local function uses_memory(sig)
  if sig.spilled or sig.in_memory then return true end
  for _, param in ipairs(sig.params) do
    if measure.points(param.type) then return true end
  end
  return false
end

local function write_call(e, sig, put)
  local slots = sig.flat_count
  put 'local function call(instance, io)'
  put(('budget, fault, holder = %d, nil, instance'):format(M.MOST_BYTES))
  if uses_memory(sig) then put 'if not instance.memory then return "it has no memory that values could be passed in" end look(instance)' end
  if sig.spilled then
    put 'local at = io[0].u32'
    put(('if at + %d > limit then return broken(import, "its arguments are outside its memory") end'):format(sig.tuple.size))
    put(
      ('if at %% %d ~= 0 then return broken(import, "its arguments are at an address that is not a multiple of %d") end'):format(
        sig.tuple.align,
        sig.tuple.align
      )
    )
  end
  if sig.in_memory then
    put(('local ret = io[%d].u32'):format(slots))
    put(('if ret + %d > limit then return broken(import, "its place for the result is outside its memory") end'):format(sig.result.size))
    put(
      ('if ret %% %d ~= 0 then return broken(import, "its place for the result is at an address that is not a multiple of %d") end'):format(
        sig.result.align,
        sig.result.align
      )
    )
  end
  local given = arguments(e, sig, put)
  put 'if fault then return broken(import, fault) end'
  put(('return begin(instance, io, import, %s%s) end'):format(sig.in_memory and 'ret' or 'nil', given))
end

-- `later` is true where the provider has waited: there is no place for a result beside what is asked for, which is fetched then.
local function write_give(e, sig, put)
  local t = sig.result
  if not t then
    put 'local function give(_, io) finish(io) end'
    return
  end
  if not sig.in_memory then
    put 'local function put(w)'
    put 'io[0].u64 = 0'
    put(lower.flat_text(e, t, 'w', '0'))
    put 'return true end'
    put 'local function give(instance, out, _, w, later) holder, fault = instance, nil put(w)'
    put 'if fault then return broken(import, fault) end'
    put 'finish(out) if later then return fetch(instance, io[0].u64) end out[1].u64 = io[0].u64 end'
    return
  end
  put 'local function put(ret, w)'
  put(lower.store_text(e, t, 'w', 'ret'))
  put 'return true end'
  if not measure.points(t) then
    put 'local function give(instance, out, ret, w) holder, fault = instance, nil look(instance) put(ret, w)'
    put 'if fault then return broken(import, fault) end finish(out) end'
    return
  end
  put 'local function sizes(w)'
  put(measure.text(e, t, 'w'))
  put 'end'
  put 'local function fill(instance, asked)'
  put 'places, place, holder, fault = asked, 0, instance, nil look(instance)'
  put 'if not fits(asked.value) then trap(CHANGED) end'
  put 'put(asked.ret, asked.value) if fault then trap(broken(import, fault)) end end'
  put 'local function give(instance, out, ret, w)'
  put 'local asked = { done = fill, ret = ret, value = w } places = asked sizes(w)'
  put 'return allocate(instance, out, asked) end'
end

-- Binds the names that `body` uses to locals.
local function prelude(body)
  local out = { 'local S, H, K, import = ...' }
  local function bind(name, from)
    if body:find('%f[%w_]' .. name .. '%f[^%w_]') then out[#out + 1] = ('local %s = %s'):format(name, from) end
  end
  for _, name in ipairs(GLOBALS) do
    bind(name, name)
  end
  bind('unpack', 'unpack')
  for name in pairs(generate.support) do
    if not own[name] then bind(name, 'S.' .. name) end
  end
  for name in pairs(own) do
    bind(name, 'H.' .. name)
  end
  for _, name in ipairs { 'begin', 'broken', 'fetch' } do
    bind(name, 'H.' .. name)
  end
  out[#out + 1] = 'local memory_data, memory_size = S.C.wasmtime_memory_data, S.C.wasmtime_memory_data_size'
  return table.concat(out, '\n')
end

local function write(sig)
  local e, out = emitter.new(), {}
  local function put(line) out[#out + 1] = line end
  local t = sig.result
  local side = t and t.kind == 'result' and t or {}
  local function checks(name, type)
    put(('local function %s(w) return %s end'):format(name, type and check.expression(e, type, 'w') or 'w == nil'))
  end
  checks('fits', t)
  checks('fits_ok', side.ok)
  checks('fits_err', side.err)
  write_call(e, sig, put)
  write_give(e, sig, put)
  put 'return call, give, fits, fits_ok, fits_err'
  local body = STATE .. e:text(table.concat(out, '\n'))
  return prelude(body) .. '\n' .. body, e.constants
end

--- Compiles the glue of an import; `hooks` has begin(instance, io, import, ret, ...), broken(import, what) and fetch(instance, value). Sets
-- import.call, import.give, import.fits, import.fits_ok and import.fits_err; gives the text. Raises {too_large = why}.
---@param import table
---@param hooks table<string, function>
---@return string
function M.compile(import, hooks)
  local support = generate.support
  support.C, support.rv = wasmtime.C, support.rv or ffi.new 'mw_raw[4]'
  for name, f in pairs(hooks) do
    own[name] = f
  end
  layout.signature(import.sig)
  local chunk, constants = write(import.sig)
  local made, why = loadstring(chunk, '=import:' .. import.sig.name)
  if not made then error({ too_large = why:gsub('^import:.-:%d+: ', '') }, 0) end
  import.call, import.give, import.fits, import.fits_ok, import.fits_err = made(support, own, constants, import)
  return chunk
end

return M
