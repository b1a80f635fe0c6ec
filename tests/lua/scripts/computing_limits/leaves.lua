local ended
return function(what)
  if what then return ended end
  coroutine.spawn(function()
    local ok, err = pcall(time.sleep, '1h')
    ended = err:kind()
  end)
  time.sleep(0)
  return 'left'
end
