local function f() return 1 + f() end
coroutine.spawn(function() print((select(2, pcall(f)):match('stack overflow'))) end)
time.sleep(0)
coroutine.spawn(f)
time.sleep(1)
