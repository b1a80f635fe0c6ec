local support, own, hooks, K, import = ...
local MAX_BYTES = support.MAX_BYTES
local band = support.band
local begin = hooks.begin
local broken = hooks.broken
local bytes_are_utf8 = support.bytes_are_utf8
local cast = support.cast
local f32_at = support.f32_at
local f64_at = support.f64_at
local fetch = hooks.fetch
local finish = own.finish
local give_in = own.give_in
local new = support.new
local p32 = support.p32
local reach = own.reach
local setmetatable = setmetatable
local str = support.str
local tonumber = tonumber
local trap = own.trap
local memory_data, memory_size = support.C.wasmtime_memory_data, support.C.wasmtime_memory_data_size
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
  if p + n > limit then return wrong("", "has a string outside the guest's memory") end
  if n > MAX_BYTES then return wrong("", "has a string that is longer than any may be") end
  budget = budget - n
  if budget < 0 then return wrong("", "takes more memory than a value may") end
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
  if budget < 0 then return wrong("", "takes more memory than a value may") end
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

local f1 = function(io, s)
  local r = new(0, 2)
  r["x"] = f64_at(io + (s))
  r["tag-count"] = band(io[s + 1].u32, 255)
  return setmetatable(r, K[1])
end
local function fits(w) return holds(w, 1, true) end
local function fits_ok(w) return w == nil end
local function fits_err(w) return w == nil end
local function call(instance, io)
  budget, fault, holder = 1073741824, nil, instance
  local a1 = f32_at(io + (0))
  local a2 = f1(io, 1)
  local a3 = (reach(holder, 1, io[3].u32) or wrong("", "is not a handle of the guest"))
  if fault then return broken(import, fault) end
  return begin(instance, io, import, nil, a1, a2, a3)
end
local function put(w)
  io[0].u64 = 0
  io[0].u32 = (give(w, 1) or full())
  return true
end
local function give(instance, out, _, w, later)
  holder, fault = instance, nil
  put(w)
  if fault then return broken(import, fault) end
  finish(out)
  if later then return fetch(instance, io[0].u64) end
  out[1].u64 = io[0].u64
end
return call, give, fits, fits_ok, fits_err
