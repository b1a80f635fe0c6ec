local s, now, most, order = sync.semaphore(2), 0, 0, {}
group.map({ 1, 2, 3, 4, 5 }, function(i)
  s:with(function()
    order[#order + 1] = i
    now = now + 1
    most = math.max(most, now)
    time.sleep('1ms')
    now = now - 1
  end)
end)
print(most, table.concat(order, ' '), s)
print(s:acquire(), s:try_acquire(), s:try_acquire(), s:acquire('1ms'))
s:release()
s:release()
s:release()
print(s)
