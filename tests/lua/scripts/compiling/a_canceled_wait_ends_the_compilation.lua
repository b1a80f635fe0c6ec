local problem
local co = coroutine.spawn(function()
  local ok, err = pcall(funcs.call, 't:free', 0)
  problem = err
end)
time.sleep('50ms')
coroutine.cancel(co)
time.sleep('1ms')
assert(problem:kind() == errors.CANCELED, tostring(problem))
