local c = funcs.import 'app:shop'
local done = 0
for i = 1, 4 do
  coroutine.spawn(function()
    c.add_all(1)
    done = done + 1
  end)
end
local time = require 'time'
while done < 4 do
  time.sleep('1ms')
end
local made = funcs.stats('app:shop').instances.made
for i = 1, 20 do
  c.set(i)
  c.get()
  c.add_all(1)
end
print(made <= 4, funcs.stats('app:shop').instances.made == made, c.get())
