local g = group.new()
local a = g:spawn(function(x, y)
  time.sleep('3ms')
  return x + y
end, 1, 2)
local b = g:spawn(function() return nil end)
g:spawn(function()
  time.sleep('1ms')
  return 'c'
end)
say(tostring(g), a:is_complete(), b:is_complete())
local r, err, errs = g:wait()
say(r[1], r[2], r[3], err, errs, ms(), (a:result()), tostring(g))
