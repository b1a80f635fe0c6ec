local support, hooks, K, target = ...
local type = type
local rawget = rawget
local getmetatable = getmetatable
local select = select
local tonumber = tonumber
local MAX_BYTES = support.MAX_BYTES
local TAG = support.TAG
local bytes_are_utf8 = support.bytes_are_utf8
local cast = support.cast
local copy = support.copy
local new = support.new
local none = support.none
local p32 = support.p32
local p8 = support.p8
local ra = support.ra
local str = support.str
local string_is_utf8 = support.string_is_utf8
local trap = support.trap
local take = hooks.take
local refuse = hooks.refuse
local fail = hooks.fail
local broken = hooks.broken
local acquire = hooks.acquire
local give_back = hooks.give_back
local run = hooks.run
local C = support.C
local call = C.wasmtime_func_call_unchecked
local call_realloc = C.wasmtime_func_call_unchecked
local memory_data = C.wasmtime_memory_data
local memory_size = C.wasmtime_memory_data_size
local base, limit, budget, fault, ctx, mem, realloc, number, failure
local function alloc(n, align)
  ra[0].u32, ra[1].u32, ra[2].u32, ra[3].u32, ra[4].u32 = 0, 0, align, n, number
  failure = call_realloc(ctx, realloc, ra, 5, trap)
  if failure ~= nil or trap[0] ~= nil then return false end
  base, limit = memory_data(ctx, mem), tonumber(memory_size(ctx, mem))
  local at = ra[0].u32
  if at + n > limit then
    fault = "the guest's realloc gave memory that it does not have"
    return false
  end
  if at % align ~= 0 then
    fault = "the guest's realloc gave an address that is not aligned"
    return false
  end
  return at
end
local function wrong(stand_in, what)
  fault = fault or "the result " .. what
  return stand_in
end
local function full()
  fault = "it has no room for another handle"
  return 0
end
local function string_at(at)
  local q = cast(p32, base + at)
  local p, n = q[0], q[1]
  if p + n > limit then return wrong("", "has a string outside the guest's memory") end
  if n > MAX_BYTES then return wrong("", "has a string that is longer than any may be") end
  budget = budget - n
  if budget < 0 then return wrong("", "takes more memory than a value may") end
  if not bytes_are_utf8(base + p, n, limit - p) then return wrong("", "has a string that is not UTF-8") end
  return str(base + p, n)
end
local function bytes_at(at)
  local q = cast(p32, base + at)
  local p, n = q[0], q[1]
  if p + n > limit then return wrong("", "has a list outside the guest's memory") end
  if n > MAX_BYTES then return wrong("", "has a list that is longer than any may be") end
  budget = budget - n
  if budget < 0 then return wrong("", "takes more memory than a value may") end
  return str(base + p, n)
end
local io, holder

local f1 = function(v)
  if v == nil or v == none then return true end
  if type(v) == "table" and getmetatable(v) == TAG then v = rawget(v, 1) end
  return (type(v) == "string" and #v <= 268435455 and string_is_utf8(v))
end
local f2 = function(v, s)
  local c, p = 2, v
  if v == nil or v == none then
    c = 1
  else
    if type(v) == "table" and getmetatable(v) == TAG then p = rawget(v, 1) end
  end
  io[s].u32 = c - 1
  io[s + 1].u64 = 0
  io[s + 2].u64 = 0
  if c <= 1 then
  else
    do
      local text = p
      local p = alloc(#text, 1)
      if not p then return false end
      copy(base + p, text, #text)
      io[s + 1].u32, io[s + 1 + 1].u32 = p, #text
    end
  end
  return true
end
local f3 = function(at)
  local r = new(2, 0)
  r[1] = (take(holder, 1, cast(p32, base + (at))[0]) or wrong("", "is not a handle of the guest"))
  r[2] = string_at(at + 4)
  return r
end
local f4 = function(at)
  local c = cast(p8, base + at)[0] + 1
  if c > 2 then return wrong("", "is not a case of the result") end
  if c <= 1 then
    return {ok = f3(at + 4)}
  else
    return {err = (K[1][cast(p8, base + (at + 4))[0] + 1] or wrong("", "is not a case of the enum"))}
  end
end
local function lower(a1)
  if not f2(a1, 0) then return false end
  return true
end
local function fits(a1)
  return f1(a1)
end
local function before(a1)
  if not (fits(a1)) then
    return refuse(target, 1, a1)
  end
  local binding, err
  local waited
  binding, err, waited = acquire(target)
  if not binding then return nil, err end
  if waited and not fits(a1) then
    give_back(target, binding)
    return refuse(target, 1, a1)
  end
  io, holder = binding.io, binding
  ctx, mem, realloc, number, fault, failure = binding.ctx, binding.memory, binding.realloc, 0, nil, nil
  base = memory_data(ctx, mem)
  if not lower(a1) then
    if fault then return broken(target, binding, fault) end
    return fail(target, binding, failure)
  end
  return binding
end
local function after(binding)
  io, holder, fault = binding.io, binding, nil
  ctx, mem, realloc = binding.ctx, binding.memory, binding.realloc
  local value, failed, problem
  local ret = io[0].u32
  base, limit = memory_data(ctx, mem), tonumber(memory_size(ctx, mem)) budget = 1073741824
  if ret + 16 > limit then return broken(target, binding, "the result is outside the guest's memory") end
  if ret % 4 ~= 0 then return broken(target, binding, "the result is at an address that is not a multiple of 4") end
  value = f4(ret)
  if fault then return broken(target, binding, fault) end
  io[0].u32 = ret
  local failure = call(binding.ctx, binding.post, io, 2, trap)
  if failure ~= nil or trap[0] ~= nil then return fail(target, binding, failure) end
  give_back(target, binding)
  return value
end
return function(a1, ...)
  if not (select("#", ...) == 0) then
    return refuse(target, 1, a1, ...)
  end
  local binding, err = before(a1)
  if not binding then return nil, err end
  local done, failed, failure = run(target, binding)
  if not done then return nil, failed end
  if failed then return fail(target, binding, failure) end
  return after(binding)
end
