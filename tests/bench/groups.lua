-- Measures groups, each in processor time, in microseconds: a child, an item of a map over a quick guest, a sleeper that is canceled; and
-- beside them what they stand on: a spawned coroutine, and a plain loop of the same calls.
local N, ROUNDS = 10000, 12
local clock, call = os.clock, funcs.call

local function nothing() end

local function best(prepare, f)
  local least = math.huge
  for _ = 1, ROUNDS do
    local prepared = prepare and prepare()
    local begun = clock()
    f(prepared)
    least = math.min(least, clock() - begun)
  end
  return least / N * 1e6
end

local items = {}
for i = 1, N do
  items[i] = i
end

local figures = {
  spawn = best(nil, function()
    for i = 1, N do
      coroutine.spawn(nothing, i)
    end
    time.sleep(0)
    time.sleep(0)
  end),
  child = best(nil, function()
    local g = group.new()
    for i = 1, N do
      g:spawn(nothing, i)
    end
    g:wait()
  end),
  loop = best(nil, function()
    for i = 1, N do
      call('t:inc', items[i])
    end
  end),
  item = best(nil, function()
    assert(group.map(items, function(x) return call('t:inc', x) end))
  end),
  canceled = best(function()
    local g = group.new()
    for _ = 1, N do
      g:spawn(time.sleep, '1h')
    end
    time.sleep(0)
    return g
  end, function(g)
    g:cancel()
    g:wait()
  end),
}
print(json.encode(figures))
