local s, turns, busy = assert(store.get 't:file'), 0, true
coroutine.spawn(function()
  while busy do
    turns = turns + 1
    time.sleep(0)
  end
end)
for i = 1, 50 do
  s:set('k', i)
end
busy = false
print(turns > 50)
