local right, left = 0, 12
all(12, function(i)
  local turns = i % 3 == 0 and 1e7 or 1000 * i
  for k = 1, 2 do
    if funcs.call('t:work', turns, i % 4) == turns then right = right + 1 end
  end
  left = left - 1
end)
while left > 0 do
  time.sleep('1ms')
end
print(right)
