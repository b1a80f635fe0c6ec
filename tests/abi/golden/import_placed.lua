local support, own, hooks, K, import = ...
local MAX_BYTES = support.MAX_BYTES
local TAG = support.TAG
local band = support.band
local begin = hooks.begin
local broken = hooks.broken
local bytes_are_utf8 = support.bytes_are_utf8
local cast = support.cast
local f64_at = support.f64_at
local finish = own.finish
local getmetatable = getmetatable
local give_in = own.give_in
local new = support.new
local none = support.none
local p32 = support.p32
local p8 = support.p8
local rawget = rawget
local setmetatable = setmetatable
local str = support.str
local take = own.take
local tonumber = tonumber
local trap = own.trap
local type = type
local wide = support.wide
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

local f1 = function(v)
  if v == nil or v == none then return true end
  if type(v) == "table" and getmetatable(v) == TAG then v = rawget(v, 1) end
  return (type(v) == "number" and v >= 0 and v <= 4294967295 and v % 1 == 0 or wide(v, 0, 4294967295))
end
local f2 = function(io, s)
  local r = new(0, 2)
  r["x"] = f64_at(io + (s))
  r["tag-count"] = band(io[s + 1].u32, 255)
  return setmetatable(r, K[1])
end
local f3 = function(io, s)
  local c = io[s].u32 + 1
  if c > 3 then return wrong("", "is not a case of the variant") end
  if c <= 2 then
    if c <= 1 then
      return "none"
    else
      return {["of-text"] = string_of(io[s + 1].u32, io[s + 1 + 1].u32)}
    end
  else
    return {["at"] = f2(io, s + 1)}
  end
end
local f4 = function(io, s)
  local r = new(2, 0)
  r[1] = (take(holder, 1, io[s].u32) or wrong("", "is not a handle of the guest"))
  r[2] = string_of(io[s + 1].u32, io[s + 1 + 1].u32)
  return r
end
local f5 = function(io, s)
  local c = io[s].u32 + 1
  if c > 2 then return wrong("", "is not a case of the result") end
  if c <= 1 then
    return {ok = f4(io, s + 1)}
  else
    return {err = (K[2][io[s + 1].u32 + 1] or wrong("", "is not a case of the enum"))}
  end
end
local f6 = function(v, at)
  local c, p = 2, v
  if v == nil or v == none then
    c = 1
  else
    if type(v) == "table" and getmetatable(v) == TAG then p = rawget(v, 1) end
  end
  cast(p8, base + at)[0] = c - 1
  if c <= 1 then
  else
    cast(p32, base + (at + 4))[0] = p
  end
  return true
end
local function fits(w) return f1(w) end
local function fits_ok(w) return w == nil end
local function fits_err(w) return w == nil end
local function call(instance, io)
  budget, fault, holder = 1073741824, nil, instance
  if not instance.memory then return "it has no memory that values could be passed in" end
  look(instance)
  local ret = io[7].u32
  if ret + 8 > limit then return broken(import, "its place for the result is outside its memory") end
  if ret % 4 ~= 0 then return broken(import, "its place for the result is at an address that is not a multiple of 4") end
  local a1 = f3(io, 0)
  local a2 = f5(io, 3)
  if fault then return broken(import, fault) end
  return begin(instance, io, import, ret, a1, a2)
end
local function put(ret, w)
  if not f6(w, ret) then return false end
  return true
end
local function give(instance, out, ret, w)
  holder, fault = instance, nil
  look(instance)
  put(ret, w)
  if fault then return broken(import, fault) end
  finish(out)
end
return call, give, fits, fits_ok, fits_err
