print(coroutine.running(), coroutine.isyieldable(), (pcall(coroutine.yield)))
print(coroutine.wrap(function() return type(coroutine.running()), coroutine.isyieldable() end)())
local co
co = coroutine.spawn(function()
  print(coroutine.running() == co, coroutine.isyieldable(), coroutine.status(co), select(2, pcall(function() coroutine.yield() end)))
end)
time.sleep(0)
