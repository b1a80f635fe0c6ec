local funcs, time = require 'funcs', require 'time'
local done, ticks = 0, 0
coroutine.spawn(function()
  while done < 100 do
    ticks = ticks + 1
    time.sleep('1ms')
  end
end)
for i = 1, 100 do
  coroutine.spawn(function()
    local answer, err = funcs.call('t:exchange', 'PEER_ADDRESS', 'guest ' .. i)
    assert(answer == 'guest ' .. i, tostring(err))
    done = done + 1
  end)
end
while done < 100 do
  time.sleep('1ms')
end
assert(ticks > 0)
