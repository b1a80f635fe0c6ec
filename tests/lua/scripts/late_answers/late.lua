local D, clock = require 'lua.dispatcher.dispatcher', require 'lua.dispatcher.clock'
local function settle()
  for _ = 1, 3 do
    D.pause()
  end
end
local function late(f, ...)
  local task = D.spawn(f, ...)
  D.pause()
  clock.jump(clock.monotonic() + 10e6)
  D.pause()
  return task
end
local function run(f)
  local ok, problem = D.run(f)
  return ok and problem or error(tostring(problem))
end
