local pid = process.spawn 't:idle'
local function used()
  for _ = 1, 3 do
    collectgarbage()
  end
  return collectgarbage 'count'
end
local function many(n)
  for _ = 1, n do
    process.exec('t:watches', nil, pid)
  end
end
-- Traces that LuaJIT compiles take memory too, less in each round. 500 processes that are kept would be 1,000 kilobytes and more.
local least = math.huge
for _ = 1, 5 do
  local before = used()
  many(500)
  least = math.min(least, used() - before)
end
print(least < 250 or least)
