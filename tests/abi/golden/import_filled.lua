local support, own, hooks, K, import = ...
local MAX_BYTES = support.MAX_BYTES
local TAG = support.TAG
local allocate = own.allocate
local begin = hooks.begin
local broken = hooks.broken
local bytes_are_utf8 = support.bytes_are_utf8
local cast = support.cast
local copy = support.copy
local getmetatable = getmetatable
local give_in = own.give_in
local new = support.new
local next = next
local only_sequence = support.only_sequence
local p32 = support.p32
local p8 = support.p8
local pf64 = support.pf64
local rawget = rawget
local str = support.str
local string_is_utf8 = support.string_is_utf8
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
  if type(v) ~= "table" or getmetatable(v) == TAG then return false end
  local k, x
  x = rawget(v, "x")
  if x == nil or not (type(x) == "number") then return false end
  k = next(v, k)
  x = rawget(v, "tag-count")
  if x == nil then x = rawget(v, "tag_count") end
  if x == nil or not (type(x) == "number" and x >= 0 and x <= 255 and x % 1 == 0 or wide(x, 0, 255)) then return false end
  k = next(v, k)
  return next(v, k) == nil
end
local f2 = function(v)
  if type(v) ~= "table" or getmetatable(v) == TAG then return false end
  local n, tidy = 0, true
  for k, x in next, v do
    n = n + 1
    if tidy then
      if k ~= n then
        tidy = false
        if not only_sequence(v) then return false end
        x = rawget(v, n)
      end
    else
      x = rawget(v, n)
    end
    if not f1(x) then return false end
  end
  return n <= 16777215
end
local f3 = function(v)
  if type(v) == "string" then return K[1][v] ~= nil end
  if type(v) ~= "table" or getmetatable(v) == TAG then return false end
  local k, p = next(v)
  local c = K[2][k]
  if c == nil or next(v, k) ~= nil then return false end
  if c <= 2 then
    return (type(p) == "string" and #p <= 268435455 and string_is_utf8(p))
  else
    return f1(p)
  end
end
local f4 = function(v)
  if type(v) ~= "table" or getmetatable(v) == TAG then return false end
  local k, p = next(v)
  if next(v, k) ~= nil then return false end
  if k == "ok" then
    return f2(p)
  elseif k == "err" then
    return f3(p)
  end
  return false
end
local f5 = function(at)
  local r = new(9, 0)
  r[1] = string_at(at)
  r[2] = string_at(at + 8)
  r[3] = string_at(at + 16)
  r[4] = string_at(at + 24)
  r[5] = string_at(at + 32)
  r[6] = string_at(at + 40)
  r[7] = string_at(at + 48)
  r[8] = string_at(at + 56)
  r[9] = cast(p8, base + (at + 64))[0]
  return r
end
local f6 = function(at) return bytes_at(at) end
local f7 = function(v, at)
  local x
  x = rawget(v, "x")
  cast(pf64, base + (at))[0] = x
  x = rawget(v, "tag-count")
  if x == nil then x = rawget(v, "tag_count") end
  cast(p8, base + (at + 8))[0] = x
  return true
end
local f8 = function(v)
  local n = #v
  local p = alloc(n * 16, 8)
  if not p then return false end
  for i = 1, n do
    local x, at = rawget(v, i), p + (i - 1) * 16
    if not f7(x, at) then return false end
  end
  return p, n
end
local f9 = function(v, at)
  local k, p = v, nil
  if type(v) == "table" then k, p = next(v) end
  local c = K[3][k]
  cast(p8, base + at)[0] = c - 1
  if c <= 2 then
    if c <= 1 then
    else
      do
        local text = p
        local p = alloc(#text, 1)
        if not p then return false end
        copy(base + p, text, #text)
        local q = cast(p32, base + (at + 8))
        q[0], q[1] = p, #text
      end
    end
  else
    if not f7(p, at + 8) then return false end
  end
  return true
end
local f10 = function(v, at)
  local k, p = next(v)
  local c = k == "ok" and 1 or 2
  cast(p8, base + at)[0] = c - 1
  if c <= 1 then
    do
      local p, n = f8(p)
      if not p then return false end
      local q = cast(p32, base + (at + 8))
      q[0], q[1] = p, n
    end
  else
    if not f9(p, at + 8) then return false end
  end
  return true
end
local f11 = function(v)
  local n = #v
  ask(n * 16, 8)
end
local f12 = function(v)
  local k, p = v, nil
  if type(v) == "table" then k, p = next(v) end
  local c = K[4][k]
  if c <= 2 then
    if c <= 1 then
    else
      ask(#p, 1)
    end
  else
  end
end
local f13 = function(v)
  local k, p = next(v)
  local c = k == "ok" and 1 or 2
  if c <= 1 then
    f11(p)
  else
    f12(p)
  end
end
local function fits(w) return f4(w) end
local function fits_ok(w) return f2(w) end
local function fits_err(w) return f3(w) end
local function call(instance, io)
  budget, fault, holder = 1073741824, nil, instance
  if not instance.memory then return "it has no memory that values could be passed in" end
  look(instance)
  local at = io[0].u32
  if at + 76 > limit then return broken(import, "its arguments are outside its memory") end
  if at % 4 ~= 0 then return broken(import, "its arguments are at an address that is not a multiple of 4") end
  local ret = io[1].u32
  if ret + 32 > limit then return broken(import, "its place for the result is outside its memory") end
  if ret % 8 ~= 0 then return broken(import, "its place for the result is at an address that is not a multiple of 8") end
  local a1 = f5(at)
  local a2 = f6(at + 68)
  if fault then return broken(import, fault) end
  return begin(instance, io, import, ret, a1, a2)
end
local function put(ret, w)
  if not f10(w, ret) then return false end
  return true
end
local function sizes(w)
  f13(w)
end
local function fill(instance, asked)
  places, place, holder, fault = asked, 0, instance, nil
  look(instance)
  if not fits(asked.value) then trap(CHANGED) end
  put(asked.ret, asked.value)
  if fault then trap(broken(import, fault)) end
end
local function give(instance, out, ret, w)
  local asked = { done = fill, ret = ret, value = w }
  places = asked
  sizes(w)
  return allocate(instance, out, asked)
end
return call, give, fits, fits_ok, fits_err
