local others = 0
local plain, options = funcs.new(), funcs.new():with_options({ timeout = '60s' })
for _, start in ipairs { funcs.async, function(...) return plain:async(...) end, function(...) return options:async(...) end } do
  coroutine.spawn(function() others = others + 1 end)
  local future, err = start('t:known', 0)
  assert(future and err == nil and not future:is_complete() and others == 0, tostring(err))
  future:cancel()
  future, err = start('t:unknown')
  assert(future == nil and err:kind() == errors.NOT_FOUND, tostring(err))
  future, err = start('nothing')
  assert(future == nil and err:kind() == errors.INVALID, tostring(err))
  future, err = start(1)
  assert(future == nil and err:kind() == errors.INVALID, tostring(err))
  time.sleep(0)
  assert(others == 1)
  others = 0
end
