local events = process.events()
local function used()
  for _ = 1, 3 do
    collectgarbage()
  end
  return collectgarbage 'count'
end
local function crash(n)
  for _ = 1, n do
    process.spawn_monitored('t:fails', nil, 'crash')
    assert(events:receive().result.error)
  end
end
-- Traces that LuaJIT compiles take memory too, less in each round. 500 processes that are kept would be 1,000 kilobytes and more.
local least = math.huge
for _ = 1, 5 do
  local before = used()
  crash(500)
  least = math.min(least, used() - before)
end
print(least < 250 or least)
