local support, hooks, K, target = ...
local type = type
local rawget = rawget
local next = next
local getmetatable = getmetatable
local select = select
local tonumber = tonumber
local MAX_BYTES = support.MAX_BYTES
local TAG = support.TAG
local allocate = support.allocate
local bytes_are_utf8 = support.bytes_are_utf8
local cast = support.cast
local copy = support.copy
local equip_batches = support.equip_batches
local fewer_notes = support.fewer_notes
local more_notes = support.more_notes
local new = support.new
local noted = support.noted
local only_sequence = support.only_sequence
local p32 = support.p32
local p8 = support.p8
local ra = support.ra
local str = support.str
local string_is_utf8 = support.string_is_utf8
local trap = support.trap
local wide = support.wide
local take = hooks.take
local refuse = hooks.refuse
local fail = hooks.fail
local broken = hooks.broken
local guest_error = hooks.guest_error
local make = hooks.make
local C = support.C
local call = C.wasmtime_func_call_unchecked
local call_realloc = C.wasmtime_func_call_unchecked
local memory_data = C.wasmtime_memory_data
local memory_size = C.wasmtime_memory_data_size
local arm = C.wasmtime_context_set_epoch_deadline
local base, limit, budget, fault, ctx, mem, realloc, number, failure
local wanted, taken, room, need, place, batch, holder_of_batches = 0, 0, 0
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
local function alloc(n, align)
  local at
  if taken < wanted then
    if need[taken] ~= n * 16 + align then
      fault = "the arguments have changed while its realloc ran"
      return false
    end
    at = place[taken]
    taken = taken + 1
  else
    ra[0].u32, ra[1].u32, ra[2].u32, ra[3].u32, ra[4].u32 = 0, 0, align, n, number
    failure = call_realloc(ctx, realloc, ra, 5, trap)
    if failure ~= nil or trap[0] ~= nil then return false end
    base, limit = memory_data(ctx, mem), tonumber(memory_size(ctx, mem))
    at = ra[0].u32
  end
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
    if not (type(x) == "string" and #x <= 268435455 and string_is_utf8(x)) then return false end
  end
  return n <= 33554431
end
local f3 = function(v, s)
  local x
  x = rawget(v, "x")
  io[s].f64 = x
  x = rawget(v, "tag-count")
  if x == nil then x = rawget(v, "tag_count") end
  io[s + 1].u32 = x
  return true
end
local f4 = function(v)
  local n = #v
  ask(n * 8, 4)
  for i = 1, n do
    local x = rawget(v, i)
    ask(#x, 1)
  end
end
local f5 = function(v)
  local n = #v
  if taken == wanted and batch ~= false and n > 1 and not reserve(v, f4) then return false end
  local p = alloc(n * 8, 4)
  if not p then return false end
  for i = 1, n do
    local x, at = rawget(v, i), p + (i - 1) * 8
    do
      local text = x
      local p = alloc(#text, 1)
      if not p then return false end
      copy(base + p, text, #text)
      local q = cast(p32, base + (at))
      q[0], q[1] = p, #text
    end
  end
  return p, n
end
local f6 = function(at)
  local r = new(2, 0)
  r[1] = (take(holder, 1, cast(p32, base + (at))[0]) or wrong("", "is not a handle of the guest"))
  r[2] = string_at(at + 4)
  return r
end
local function lower(a1, a2)
  if not f3(a1, 0) then return false end
  do
    local p, n = f5(a2)
    if not p then return false end
    io[2].u32, io[2 + 1].u32 = p, n
  end
  return true
end
return function(a1, a2, ...)
  if not (select("#", ...) == 0 and f1(a1) and f2(a2)) then
    return refuse(target, 2, a1, a2, ...)
  end
  local binding, err
  binding = target.idle
  if binding == nil then
    binding, err = make(target)
    if not binding then return nil, err end
  else
    target.idle = binding.next
  end
  io, holder = binding.io, binding
  arm(binding.ctx, 7)
  ctx, mem, realloc, number, fault, failure = binding.ctx, binding.memory, binding.realloc, binding.realloc_number, nil, nil
  base = memory_data(ctx, mem)
  holder_of_batches, batch, wanted, taken = binding, binding.batch, 0, 0
  if not lower(a1, a2) then
    if fault then return broken(target, binding, fault) end
    return fail(target, binding, failure)
  end
  if wanted > 65536 then fewer_notes() end
  local failure = call(binding.ctx, binding.func, io, 4, trap)
  if failure ~= nil or trap[0] ~= nil then return fail(target, binding, failure) end
  local value, failed, problem
  local ret = io[0].u32
  base, limit = memory_data(ctx, mem), tonumber(memory_size(ctx, mem)) budget = 1073741824
  if ret + 16 > limit then return broken(target, binding, "the result is outside the guest's memory") end
  if ret % 4 ~= 0 then return broken(target, binding, "the result is at an address that is not a multiple of 4") end
  local d = cast(p8, base + ret)[0]
  if d == 0 then
    value = f6(ret + 4)
  elseif d == 1 then
    failed = true
    problem = (K[1][cast(p8, base + (ret + 4))[0] + 1] or wrong("", "is not a case of the enum"))
  else
    wrong(nil, "is not a case of the result")
  end
  if fault then return broken(target, binding, fault) end
  io[0].u32 = ret
  io[1].u32 = binding.post_number
  failure = call(binding.ctx, binding.post, io, 2, trap)
  if failure ~= nil or trap[0] ~= nil then return fail(target, binding, failure) end
  binding.next = target.idle
  target.idle = binding
  if failed then return nil, guest_error(target, problem) end
  return value
end
