local g = group.new { on_error = 'collect' }
g:spawn(sleeper('a', '3ms'))
g:spawn(function() error('x', 0) end)
g:spawn(function()
  time.sleep('1ms')
  return nil, 'y'
end)
local r, err, errs = g:wait()
say(r[1], r[2], err, errs[1], errs[2], errs[3])
