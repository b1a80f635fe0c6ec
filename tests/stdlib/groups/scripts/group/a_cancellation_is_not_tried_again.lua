local tries = 0
local g = group.new { timeout = '5ms' }
g:spawn(function()
  return group.retry(function()
    tries = tries + 1
    time.sleep('1h')
  end, { max_attempts = 100 })
end)
g:spawn(function()
  return group.map({ 1, 2 }, function()
    tries = tries + 1
    time.sleep('1h')
  end, { on_error = 'collect' })
end)
local _, err = g:wait()
say(err:kind(), tries, ms())
