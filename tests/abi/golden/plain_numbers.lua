local support, hooks, K, target = ...
local type = type
local next = next
local select = select
local trap = support.trap
local wide = support.wide
local refuse = hooks.refuse
local fail = hooks.fail
local broken = hooks.broken
local make = hooks.make
local C = support.C
local call = C.wasmtime_func_call_unchecked
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

return function(a1, a2, ...)
  if not (select("#", ...) == 0 and (type(a1) == "number" and a1 >= 0 and a1 <= 4294967295 and a1 % 1 == 0 or wide(a1, 0, 4294967295)) and (type(a2) == "number" and a2 >= 0 and a2 <= 4294967295 and a2 % 1 == 0 or wide(a2, 0, 4294967295))) then
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
  io = binding.io
  fault = nil
  io[0].u32 = a1
  io[1].u32 = a2
  local failure = call(binding.ctx, binding.func, io, 2, trap)
  if failure ~= nil or trap[0] ~= nil then return fail(target, binding, failure) end
  local value, failed, problem
  value = io[0].u32
  if fault then return broken(target, binding, fault) end
  binding.next = target.idle
  target.idle = binding
  return value
end
