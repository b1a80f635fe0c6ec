local m, order = sync.mutex(), {}
m:lock()
for i = 1, 3 do
  coroutine.spawn(function()
    m:with(function()
      order[#order + 1] = i
      time.sleep('1ms')
    end)
  end)
end
time.sleep('1ms')
m:unlock()
print(m:lock('1us'))
m:lock()
print(table.concat(order, ' '), m)
m:unlock()
print(pcall(m.with, m, error, 'no'))
print(m)
print(pcall(m.unlock, m))
m:lock()
print(pcall(m.lock, m))
coroutine.join(coroutine.spawn(function() print(pcall(m.unlock, m)) end))
