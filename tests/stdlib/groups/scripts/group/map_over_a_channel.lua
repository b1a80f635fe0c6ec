local feed, sent = channel.new(0), 0
local feeder = coroutine.spawn(function()
  for i = 1, 6 do
    feed:send(i)
    sent = i
  end
  feed:close()
end)
local r = group.map(feed, function(x)
  time.sleep('1ms')
  say(sent - x < 3)
  return -x
end, { limit = 2 })
say(table.concat(r, ' '))
