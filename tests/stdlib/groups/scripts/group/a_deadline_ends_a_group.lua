local g = group.new { timeout = TIMEOUT }
g:spawn(sleeper('a', '1h'))
g:spawn(sleeper('b', '1ms'))
local r, err = g:wait()
say(r, err:kind(), err)
