local data, turns, done = ('x'):rep(64 * 1024 * 1024), 0, false
coroutine.spawn(function()
  while not done do
    turns = turns + 1
    time.sleep(0)
  end
end)
time.sleep(0)
local before = turns
local digest = hash.sha512(data)
done = true
print(digest, turns > before)
