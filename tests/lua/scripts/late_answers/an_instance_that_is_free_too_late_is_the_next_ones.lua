local function call(name, id, ms)
  coroutine.spawn(function()
    local value, err = funcs.call(id, ms)
    print(name, value or err:kind())
  end)
end
funcs.call('t:alone', 0)
repeat
  local compiled = funcs.call('t:alone-50', 0)
until compiled
call('inside', 't:alone', 50)
call('late', 't:alone-50', 1)
call('next', 't:alone', 5)
time.sleep('1s')
print(funcs.call('t:alone', 1))
