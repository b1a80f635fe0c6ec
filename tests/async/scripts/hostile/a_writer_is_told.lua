-- What feeds a stream is collected once nobody waits for the guest that has ended; the last values of a function may be kept until its next call.
local funcs, time = require 'funcs', require 'time'
local kept, calls = setmetatable({}, { __mode = 'k' }), 20
local function feed(name)
  local count = 0
  local function values()
    count = count + 1
    return 'value'
  end
  kept[values] = true
  local _, err = funcs.call(name, values)
  time.sleep '1ms'
  assert(count <= 2, count)
  assert(name == 't:read' or err ~= nil)
end
for _ = 1, calls do
  feed 't:read'
  feed 't:trap'
end
for _ = 1, 3 do
  collectgarbage()
  time.sleep '1ms'
end
local left = 0
for _ in pairs(kept) do
  left = left + 1
end
assert(left < calls, ('%d writers wait for guests that have ended'):format(left))
