local feed = channel.new(0)
say(group.run(function(g)
  g:spawn(function()
    for i = 1, 100 do
      feed:send(i)
    end
  end)
  g:spawn(function()
    local r, err = group.map(feed, function(x)
      if x == 3 then error('three', 0) end
    end, { limit = 2 })
    return r, err
  end)
end))
