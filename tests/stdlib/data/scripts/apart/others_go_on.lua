local turns, done = 0, false
coroutine.spawn(function()
  while not done do
    turns = turns + 1
    time.sleep(0)
  end
end)
local text = ('- [a, b]\n'):rep(200000)
local before = turns
local value, problem = yaml.decode(text)
done = true
print(problem, #value, value[200000][2], turns - before > 10)
