assert(funcs.call('t:work', LONG) == 5)
local function stays()
  local other = false
  coroutine.spawn(function() other = true end)
  assert(funcs.call('t:work', 10) == 5)
  return not other
end
local before = stays()
for _ = 1, 1000 do
  if stays() then break end
end
assert(not before and stays())
