-- Three ways to run many calls side by side: a fan-out with a bound, stages joined by channels, the first of many.
local funcs = require('funcs')
local channel = require('channel')
local time = require('time')

-- 1. Fan-out: 1000 look-ups, at most 50 at a time. The tokens in a buffered channel are the bound.
local function fan_out(count, at_once)
  local tokens, answers = channel.new(at_once), channel.new()
  coroutine.spawn(function()
    for i = 1, count do
      tokens:send(true)
      coroutine.spawn(function()
        local value, err = funcs.call('demo:lookup', 'service ' .. i, '2ms')
        tokens:receive()
        answers:send({ number = i, value = value, err = err })
      end)
    end
  end)
  local done, failed = 0, 0
  for _ = 1, count do
    local answer = answers:receive()
    done = done + 1
    if answer.err then failed = failed + 1 end
    if done % 250 == 0 then print(('  %4d of %d, %d failed'):format(done, count, failed)) end
  end
end

local started = time.now()
print('1000 look-ups of 2 ms each, 50 at a time:')
fan_out(1000, 50)
print('  one after the other they would take 2 s; took less than that: ' .. tostring(time.since(started):seconds() < 2))

-- 2. Stages: numbers go through a guest and a filter, each stage a coroutine, joined by channels that close behind them.
local function stage(input, work)
  local output = channel.new(16)
  coroutine.spawn(function()
    while true do
      local value, open = input:receive()
      if not open then break end
      local result = work(value)
      if result ~= nil then output:send(result) end
    end
    output:close()
  end)
  return output
end

local numbers = channel.new(16)
coroutine.spawn(function()
  for n = 1, 10000 do
    numbers:send(n)
  end
  numbers:close()
end)
local measured = stage(numbers, function(n) return { n = n, steps = assert(funcs.call('demo:collatz', n)) } end)
local long = stage(measured, function(item) return item.steps >= 250 and item or nil end)

print('\nNumbers up to 10000 that take 250 steps or more to get to 1:')
while true do
  local item, open = long:receive()
  if not open then break end
  print(('  %d takes %d'):format(item.n, item.steps))
end

-- 3. The first of many: three mirrors are asked, the first answer wins, the others are canceled.
print('\nThree mirrors, the first answer wins:')
local mirrors = {
  far = funcs.async('demo:lookup', 'far', '10s'),
  near = funcs.async('demo:lookup', 'near', '20ms'),
  broken = funcs.async('demo:lookup', 'broken', '5ms'),
}
local winner
while not winner do
  local cases, names = {}, {}
  for name, future in pairs(mirrors) do
    local response = future:response()
    cases[#cases + 1], names[response] = response:case_receive(), name
  end
  local chosen = channel.select(cases)
  local name = names[chosen.channel]
  local value, err = chosen.value:data()
  mirrors[name] = nil
  if err then
    print('  ' .. name .. ' failed: ' .. err:message():gsub('^.-: ', ''))
  else
    winner = value
  end
end
print('  ' .. winner)
for name, future in pairs(mirrors) do
  print(('  %s is canceled: %s'):format(name, tostring(future:cancel())))
end
