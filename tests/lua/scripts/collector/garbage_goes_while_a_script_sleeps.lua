collectgarbage()
local first = collectgarbage('count')
-- Much, and yet less than has the collector begin by itself.
local held = {}
for i = 1, 150 do
  held[i] = ('x'):rep(8000 + i)
end
held = nil
local full = collectgarbage('count')
assert(full - first > 1100, full - first)
for _ = 1, 1000 do
  time.sleep('6ms')
  if collectgarbage('count') - first < 300 then return end
end
error('the garbage is still there')
