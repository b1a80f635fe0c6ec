local g, now, most = group.new { limit = 2 }, 0, 0
local function work()
  now = now + 1
  most = math.max(most, now)
  time.sleep('2ms')
  now = now - 1
  return ms()
end
for i = 1, 5 do
  g:spawn(work)
end
say('spawned', ms())
local r = g:wait()
say(most, table.concat(r, ' '))
g = group.new { limit = 1 }
g:spawn(function()
  for i = 1, 3 do
    g:spawn(work)
  end
  say('went on')
  return 'first'
end)
say(#g:wait(), most)
