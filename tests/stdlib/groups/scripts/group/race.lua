say(group.race { sleeper('far', '1h'), sleeper('near', '2ms'), function() error('broken') end })
say(group.race {
  function()
    time.sleep('1ms')
    error('a', 0)
  end,
  function() return nil, 'b' end,
})
local _, err = group.race({ sleeper('s', '1h') }, { timeout = '1ms' })
say(err:kind())
