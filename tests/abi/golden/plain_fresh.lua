local support, hooks, K, target = ...
local select = select
local NO_LIMIT = support.NO_LIMIT
local trap = support.trap
local holds = hooks.holds
local give = hooks.give
local take = hooks.take
local owner = hooks.owner
local begin = hooks.begin
local refuse = hooks.refuse
local fail = hooks.fail
local broken = hooks.broken
local make = hooks.make
local dispose = hooks.dispose
local release = hooks.release
local drain = hooks.drain
local C = support.C
local call = C.wasmtime_func_call_unchecked
local arm = C.wasmtime_context_set_epoch_deadline
local fault
local function wrong(stand_in, what)
  fault = fault or "the result " .. what
  return stand_in
end
local function full()
  fault = "it has no room for another handle"
  return 0
end
local io, holder

return function(a1, ...)
  drain()
  begin(target)
  if not (select("#", ...) == 0 and holds(a1, 1, true)) then
    return refuse(target, 1, a1, ...)
  end
  local binding, err = owner(target)
  local lent = binding ~= nil
  if err then return nil, err end
  if not lent then
    binding, err = make(target)
    if not binding then return nil, err end
  end
  io, holder = binding.io, binding
  arm(binding.ctx, NO_LIMIT)
  fault = nil
  io[0].u32 = (give(a1, 1) or full())
  if fault then return broken(target, binding, fault) end
  local failure = call(binding.ctx, binding.func, io, 1, trap)
  if failure ~= nil or trap[0] ~= nil then return fail(target, binding, failure) end
  local value, failed, problem
  value = (take(holder, 1, io[0].u32) or wrong("", "is not a handle of the guest"))
  if fault then return broken(target, binding, fault) end
  if lent then
    release(binding)
  else
    dispose(binding)
  end
  return value
end
