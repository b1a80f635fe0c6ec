local e, woken = sync.event(), 0
print(e:wait('1ms'))
for i = 1, 3 do
  coroutine.spawn(function()
    e:wait()
    woken = woken + 1
  end)
end
time.sleep('1ms')
print(woken, e:is_set(), e)
e:set()
e:set()
time.sleep('1ms')
print(woken, e:wait(), e:is_set(), e)
