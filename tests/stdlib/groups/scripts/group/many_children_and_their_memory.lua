local function round()
  local g = group.new()
  for i = 1, 1000 do
    g:spawn(time.sleep, '1ms')
  end
  g:wait()
end
for i = 1, 5 do
  round()
end
collectgarbage()
collectgarbage()
local before = collectgarbage 'count'
for i = 1, 30 do
  round()
end
collectgarbage()
collectgarbage()
say(collectgarbage 'count' - before < 300)
