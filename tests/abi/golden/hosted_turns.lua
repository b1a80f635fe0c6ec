local support, hooks, K, target = ...
local select = select
local refuse = hooks.refuse
local fail = hooks.fail
local broken = hooks.broken
local acquire = hooks.acquire
local give_back = hooks.give_back
local run = hooks.run
local C = support.C

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

local function fits()
  return true
end
local function before()
  if not (fits()) then
    return refuse(target, 0)
  end
  local binding, err
  local waited
  binding, err, waited = acquire(target)
  if not binding then return nil, err end
  if waited and not fits() then
    give_back(target, binding)
    return refuse(target, 0)
  end
  io = binding.io
  fault = nil
  return binding
end
local function after(binding)
  io, fault = binding.io, nil
  local value, failed, problem
  value = (K[1][io[0].u32 + 1] or wrong("", "is not a case of the enum"))
  if fault then return broken(target, binding, fault) end
  give_back(target, binding)
  return value
end
return function(...)
  if not (select("#", ...) == 0) then
    return refuse(target, 0, ...)
  end
  local binding, err = before()
  if not binding then return nil, err end
  local done, failed, failure = run(target, binding)
  if not done then return nil, failed end
  if failed then return fail(target, binding, failure) end
  return after(binding)
end
