local now, most = 0, 0
local r = group.map({ 10, 20, 30, 40, 50 }, function(x, i)
  now = now + 1
  most = math.max(most, now)
  time.sleep((6 - i) * time.MILLISECOND)
  now = now - 1
  return x + i
end, { limit = 2 })
say(table.concat(r, ' '), most, ms())
most = 0
group.map({ 1, 2, 3 }, function()
  now = now + 1
  most = math.max(most, now)
  time.sleep('1ms')
  now = now - 1
end)
say(most)
say(#group.map({}, error), table.concat(group.map({ 'a', 'b' }, function(x) return x .. x end), ' '))
