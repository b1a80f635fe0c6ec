local function call(name, ms)
  coroutine.spawn(function()
    local value, err = funcs.call('t:one', ms)
    print(name, value or err:kind())
  end)
end
-- To compile takes real time, which the limit counts.
repeat
  local compiled = funcs.call('t:one', 0)
until compiled
call('inside', 50)
call('late', 1)
time.sleep('10ms')
call('next', 5)
time.sleep('100ms')
local queue = funcs.stats('t:one').queue
print(queue.waiting, funcs.call('t:one', 1))
