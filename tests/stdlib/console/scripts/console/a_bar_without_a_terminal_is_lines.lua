local bar = progress.bar { total = 100, title = 'work' }
for i = 1, 100 do
  bar:add(1, i == 50)
end
bar:finish()
bar:finish()
bar:add(5)
print(bar)
local none = progress.bar { total = 0 }
none:finish()
