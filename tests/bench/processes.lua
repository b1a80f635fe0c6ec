-- Measures processes, in microseconds of processor time: a message and its answer, beside a value through a channel and back; and, of
-- 10,000 at once, a process that is started, gets a message and ends, beside a spawned coroutine that does.
local N, ROUNDS = 10000, 10
local clock = os.clock

local function best(f)
  local least = math.huge
  for _ = 1, ROUNDS do
    local begun = clock()
    f()
    least = math.min(least, clock() - begun)
  end
  return least / N * 1e6
end

local pid = assert(process.spawn('t:echo', nil, N * ROUNDS))
local answers, events = process.listen 'answer', process.events()
local there, back = channel.new(1), channel.new(1)
coroutine.spawn(function()
  for _ = 1, N * ROUNDS do
    back:send((there:receive()))
  end
end)

local figures = {
  -- Two messages each.
  message = best(function()
    for i = 1, N do
      process.send(pid, 'ask', i)
      answers:receive()
    end
  end) / 2,
  value = best(function()
    for i = 1, N do
      there:send(i)
      back:receive()
    end
  end) / 2,
  process = best(function()
    local pids = {}
    for i = 1, N do
      pids[i] = process.spawn_monitored('t:echo', nil, 1)
    end
    time.sleep(0)
    for i = 1, N do
      process.send(pids[i], 'ask', i)
    end
    for _ = 1, N do
      events:receive()
    end
    for _ = 1, N do
      answers:receive()
    end
  end),
  coroutine = best(function()
    local inboxes, done = {}, channel.new(N)
    for i = 1, N do
      inboxes[i] = channel.new(1)
      coroutine.spawn(function() done:send((inboxes[i]:receive())) end)
    end
    time.sleep(0)
    for i = 1, N do
      inboxes[i]:send(i)
    end
    for _ = 1, N do
      done:receive()
    end
  end),
}
print(json.encode(figures))
