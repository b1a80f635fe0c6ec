local g = group.new { limit = 1 }
g:spawn(function()
  time.sleep('1ms')
  error('no', 0)
end)
say(g:spawn(say, 'ran'))
say(g:spawn(say, 'ran'))
say((select(2, g:wait())))
say(pcall(g.spawn, g, say))
