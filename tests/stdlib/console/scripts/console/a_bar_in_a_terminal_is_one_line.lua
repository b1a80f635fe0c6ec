local bar = progress.bar { total = 4, title = 'work' }
for i = 1, 4 do
  time.sleep('60ms')
  bar:add(1, i == 2)
  if i == 2 then print('printed') end
end
bar:finish()
print('after')
