local support, hooks, K, target = ...
local type = type
local select = select
local tonumber = tonumber
local MAX_BYTES = support.MAX_BYTES
local bytes_are_utf8 = support.bytes_are_utf8
local cast = support.cast
local copy = support.copy
local new = support.new
local p32 = support.p32
local p8 = support.p8
local ra = support.ra
local str = support.str
local string_is_utf8 = support.string_is_utf8
local trap = support.trap
local holds = hooks.holds
local give = hooks.give
local take = hooks.take
local owner = hooks.owner
local begin = hooks.begin
local refuse = hooks.refuse
local fail = hooks.fail
local broken = hooks.broken
local guest_error = hooks.guest_error
local release = hooks.release
local drain = hooks.drain
local acquire = hooks.acquire
local reach = hooks.reach
local give_back = hooks.give_back
local run = hooks.run
local leaf_post = hooks.leaf_post
local leave = hooks.leave
local C = support.C
local call_realloc = hooks.call_leaf
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

local f1 = function(at)
  local r = new(2, 0)
  r[1] = (take(holder, 1, cast(p32, base + (at))[0]) or wrong("", "is not a handle of the guest"))
  r[2] = string_at(at + 4)
  return r
end
local function lower(a1, a2)
  io[0].u32 = (give(a1, 1) or full())
  do
    local text = a2
    local p = alloc(#text, 1)
    if not p then return false end
    copy(base + p, text, #text)
    io[1].u32, io[1 + 1].u32 = p, #text
  end
  return true
end
local function fits(a1, a2)
  begin(target)
  return holds(a1, 1, true) and (type(a2) == "string" and #a2 <= 268435455 and string_is_utf8(a2))
end
local function before(a1, a2)
  drain()
  if not (fits(a1, a2)) then
    return refuse(target, 2, a1, a2)
  end
  local binding, err = owner(target)
  local lent = binding ~= nil
  if err then return nil, err end
  if not lent then
    local waited
    binding, err, waited = acquire(target)
    if not binding then return nil, err end
    if waited and not fits(a1, a2) then
      give_back(target, binding)
      return refuse(target, 2, a1, a2)
    end
  else
    local problem, waited = reach(target, binding)
    if problem then return nil, problem end
    if waited and not (fits(a1, a2) and owner(target) == binding) then
      leave(binding.instance)
      return refuse(target, 2, a1, a2)
    end
  end
  io, holder = binding.io, binding
  ctx, mem, realloc, number, fault, failure = binding.ctx, binding.memory, binding.realloc, 0, nil, nil
  base = memory_data(ctx, mem)
  if not lower(a1, a2) then
    if fault then return broken(target, binding, fault) end
    return fail(target, binding, failure)
  end
  if fault then return broken(target, binding, fault) end
  return binding, nil, lent
end
local function after(binding, lent)
  io, holder, fault = binding.io, binding, nil
  ctx, mem, realloc = binding.ctx, binding.memory, binding.realloc
  local value, failed, problem
  local ret = io[0].u32
  base, limit = memory_data(ctx, mem), tonumber(memory_size(ctx, mem)) budget = 1073741824
  if ret + 16 > limit then return broken(target, binding, "the result is outside the guest's memory") end
  if ret % 4 ~= 0 then return broken(target, binding, "the result is at an address that is not a multiple of 4") end
  local d = cast(p8, base + ret)[0]
  if d == 0 then
    value = f1(ret + 4)
  elseif d == 1 then
    failed = true
    problem = (K[1][cast(p8, base + (ret + 4))[0] + 1] or wrong("", "is not a case of the enum"))
  else
    wrong(nil, "is not a case of the result")
  end
  if fault then return broken(target, binding, fault) end
  io[0].u32 = ret
  local failure = leaf_post(binding)
  if failure ~= nil or trap[0] ~= nil then return fail(target, binding, failure) end
  if lent then
    leave(binding.instance)
    release(binding)
  else
    give_back(target, binding)
  end
  if failed then return nil, guest_error(target, problem) end
  return value
end
return function(a1, a2, ...)
  if not (select("#", ...) == 0) then
    return refuse(target, 2, a1, a2, ...)
  end
  local binding, err, lent = before(a1, a2)
  if not binding then return nil, err end
  local done, failed, failure = run(target, binding)
  if not done then return nil, failed end
  if failed then return fail(target, binding, failure) end
  return after(binding, lent)
end
