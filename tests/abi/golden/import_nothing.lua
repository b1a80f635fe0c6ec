local support, own, hooks, K, import = ...
local MAX_BYTES = support.MAX_BYTES
local begin = hooks.begin
local broken = hooks.broken
local bytes_are_utf8 = support.bytes_are_utf8
local cast = support.cast
local finish = own.finish
local give_in = own.give_in
local new = support.new
local none = support.none
local p32 = support.p32
local some = support.some
local str = support.str
local take = own.take
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

local f1 = function(p, n)
  if p + n * 8 > limit then return wrong({}, "is a list outside the guest's memory") end
  if p % 4 ~= 0 then return wrong({}, "is a list at an address that is not a multiple of 4") end
  if n * 8 > MAX_BYTES then return wrong({}, "is a list that is longer than any may be") end
  budget = budget - n * 56
  if budget < 0 then return wrong({}, "takes more memory than a value may") end
  local r = new(n, 0)
  for i = 1, n do r[i] = string_at(p + (i - 1) * 8) end
  return r
end
local f2 = function(io, s)
  local d = io[s].u32
  if d == 0 then
    return none
  elseif d == 1 then
    return (K[1][io[s + 1].u32 + 1] or wrong("", "is not a case of the enum"))
  end
  return wrong(none, "is not a case of the option")
end
local f3 = function(io, s)
  local d = io[s].u32
  if d == 0 then
    return nil
  elseif d == 1 then
    return some(f2(io, s + 1))
  end
  return wrong(nil, "is not a case of the option")
end
local function fits(w) return w == nil end
local function fits_ok(w) return w == nil end
local function fits_err(w) return w == nil end
local function call(instance, io)
  budget, fault, holder = 1073741824, nil, instance
  if not instance.memory then return "it has no memory that values could be passed in" end
  look(instance)
  local a1 = (take(holder, 1, io[0].u32) or wrong("", "is not a handle of the guest"))
  local a2 = f1(io[1].u32, io[1 + 1].u32)
  local a3 = f3(io, 3)
  if fault then return broken(import, fault) end
  return begin(instance, io, import, nil, a1, a2, a3)
end
local function give(_, io)
  finish(io)
end
return call, give, fits, fits_ok, fits_err
