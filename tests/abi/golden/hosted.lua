local support, hooks, K, target = ...
local type = type
local next = next
local select = select
local tonumber = tonumber
local MAX_BYTES = support.MAX_BYTES
local NO_LIMIT = support.NO_LIMIT
local bytes_are_utf8 = support.bytes_are_utf8
local cast = support.cast
local copy = support.copy
local notice = support.notice
local p32 = support.p32
local ra = support.ra
local str = support.str
local string_is_utf8 = support.string_is_utf8
local trap = support.trap
local holds = hooks.holds
local give = hooks.give
local owner = hooks.owner
local begin = hooks.begin
local refuse = hooks.refuse
local fail = hooks.fail
local broken = hooks.broken
local make = hooks.make
local release = hooks.release
local drain = hooks.drain
local enter = hooks.enter
local leave = hooks.leave
local C = support.C
local call = hooks.call_hosted
local call_realloc = C.wasmtime_func_call_unchecked
local memory_data = C.wasmtime_memory_data
local memory_size = C.wasmtime_memory_data_size
local arm = C.wasmtime_context_set_epoch_deadline
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
return function(a1, a2, ...)
  drain()
  begin(target)
  if not (select("#", ...) == 0 and holds(a1, 1, true) and (type(a2) == "string" and #a2 <= 268435455 and string_is_utf8(a2))) then
    return refuse(target, 2, a1, a2, ...)
  end
  local binding, err = owner(target)
  local lent = binding ~= nil
  if err then return nil, err end
  if not lent then
    binding = target.idle
    if binding == nil then
      binding, err = make(target)
      if not binding then return nil, err end
    else
      target.idle = binding.next
    end
  end
  local problem = enter(target, binding)
  if problem then
    if not lent then
      binding.next = target.idle
      target.idle = binding
    end
    return nil, problem
  end
  io = binding.io
  notice.state = 3
  arm(binding.ctx, NO_LIMIT)
  ctx, mem, realloc, number, fault, failure = binding.ctx, binding.memory, binding.realloc, 0, nil, nil
  base = memory_data(ctx, mem)
  if not lower(a1, a2) then
    if fault then return broken(target, binding, fault) end
    return fail(target, binding, failure)
  end
  if fault then return broken(target, binding, fault) end
  local failure = call(binding.ctx, binding.func, io, 3, trap)
  if failure ~= nil or trap[0] ~= nil then return fail(target, binding, failure) end
  local value, failed, problem
  local ret = io[0].u32
  base, limit = memory_data(ctx, mem), tonumber(memory_size(ctx, mem)) budget = 1073741824
  if ret + 8 > limit then return broken(target, binding, "the result is outside the guest's memory") end
  if ret % 4 ~= 0 then return broken(target, binding, "the result is at an address that is not a multiple of 4") end
  value = string_at(ret)
  if fault then return broken(target, binding, fault) end
  io[0].u32 = ret
  failure = call(binding.ctx, binding.post, io, 2, trap)
  if failure ~= nil or trap[0] ~= nil then return fail(target, binding, failure) end
  leave(binding.instance)
  if lent then
    release(binding)
  else
    binding.next = target.idle
    target.idle = binding
  end
  return value
end
