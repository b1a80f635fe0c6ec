local c = channel.new()
local function both(name)
  return function()
    local r = channel.select { c:case_send(name), c:case_receive() }
    print(name, r.value, r.ok)
  end
end
coroutine.spawn(both 'a')
time.sleep(1)
print(channel.select { default = true, c:case_receive() }.value)
time.sleep(1)
coroutine.spawn(both 'b')
coroutine.spawn(both 'c')
time.sleep(1)
