local support, hooks, K, target = ...
local type = type
local next = next
local select = select
local NO_LIMIT = support.NO_LIMIT
local trap = support.trap
local wide = support.wide
local refuse = hooks.refuse
local fail = hooks.fail
local broken = hooks.broken
local make = hooks.make
local rebind = hooks.rebind
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
local home, export = target.home, target.lift.export
local io, holder

return function(a1, ...)
  if not (select("#", ...) == 0 and (type(a1) == "number" and a1 >= 0 and a1 <= 4294967295 and a1 % 1 == 0 or wide(a1, 0, 4294967295))) then
    return refuse(target, 1, a1, ...)
  end
  local binding, err
  binding = home.idle
  if binding == nil then
    binding, err = make(target)
    if not binding then return nil, err end
  else
    home.idle = binding.next
    if binding.export ~= export then
      binding, err = rebind(target, binding)
      if not binding then return nil, err end
    end
  end
  io = binding.io
  arm(binding.ctx, NO_LIMIT)
  fault = nil
  io[0].u32 = a1
  local failure = call(binding.ctx, binding.func, io, 1, trap)
  if failure ~= nil or trap[0] ~= nil then return fail(target, binding, failure) end
  local value, failed, problem
  value = io[0].u32
  if fault then return broken(target, binding, fault) end
  binding.next = home.idle
  home.idle = binding
  return value
end
