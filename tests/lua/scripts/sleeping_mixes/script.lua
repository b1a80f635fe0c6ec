local funcs, time = require 'funcs', require 'time'
local seed, coroutines, steps = SEED, COROUTINES, STEPS
math.randomseed(seed)
local random = math.random
local wrong, asked, answers, kinds = {}, 0, 0, {}
local function check(good, what, ...)
  answers = answers + 1
  if good then return end
  local texts = { what }
  for i = 1, select('#', ...) do
    texts[#texts + 1] = tostring((select(i, ...)))
  end
  wrong[#wrong + 1] = table.concat(texts, ' ')
end
local function is(err, kind)
  kinds[kind] = (kinds[kind] or 0) + 1
  return err ~= nil and err:kind() == kind
end
local function echo(id)
  local text, ms = ('%d '):format(random(1e6)):rep(random(1, 200)), random(0, 30)
  local value, err = funcs.call(id, ms, text)
  check(value == text, id, value and #value, err)
end
local things = {}
local ops = {
  function()
    local ms = random(0, 30)
    local value, err = funcs.call('t:nap', ms)
    check(value == ms, 'nap', value, err)
  end,
  function() echo 't:few' end,
  function() echo 't:fresh' end,
  function() echo 't:static' end,
  function() echo 't:adaptive' end,
  function()
    local ms = random(0, 15)
    local value, err = funcs.call('t:nap', ms)
    check(value == ms, 'short', value, err)
  end,
  function()
    local value, err = funcs.call('t:quick', 5000)
    check(value == nil and is(err, 'Timeout'), 'quick', value, err)
  end,
  function()
    local value, err = funcs.call('t:few-quick', 1, 'x')
    check(value == 'x' or is(err, 'Timeout'), 'few-quick', value, err)
  end,
  function()
    local value, err = funcs.call('t:trap-after', random(0, 30))
    check(value == nil and is(err, 'Internal'), 'trap', value, err)
  end,
  function()
    local value, err = funcs.call('t:spin', random(1, 20000))
    check(type(value) == 'number', 'spin', value, err)
  end,
  function()
    local value, err = funcs.call('t:few', 'x', 1)
    check(value == nil and is(err, 'Invalid'), 'refused', value, err)
  end,
  function()
    local future = funcs.async(random(2) == 1 and 't:few' or 't:fresh', random(0, 30), 'x')
    time.sleep(random(0, 20) .. 'ms')
    future:cancel()
    local value, err = future:await()
    if value ~= nil then value = 'x' end
    check(value == 'x' or is(err, 'Canceled'), 'canceled', value, err)
  end,
  function()
    local value, err = funcs.new():with_options({ timeout = random(1, 20) .. 'ms' }):call('t:fresh', random(0, 30), 'x')
    check(value == 'x' or is(err, 'Timeout'), 'timeout', value, err)
  end,
  function()
    local thing, err = funcs.call('t:thing', random(1000))
    check(thing ~= nil, 'thing', thing, err)
    if thing then things[#things + 1] = thing end
  end,
  function()
    local thing = things[random(math.max(#things, 1))]
    if not thing then
      answers = answers + 1
      return
    end
    local ok, value, err = pcall(function() return thing:nap(random(0, 3)) end)
    check(not ok or type(value) == 'number' or is(err, 'Invalid'), 'method', ok, value, err)
  end,
  function()
    local thing = #things > 0 and table.remove(things, random(#things))
    if not thing then
      answers = answers + 1
      return
    end
    local ok, problem = pcall(thing.drop, thing)
    check(ok or tostring(problem):find 'in a call' or tostring(problem):find 'dropped', 'drop', problem)
  end,
  function()
    local thing = random(10) == 1 and things[1]
    if not thing then
      answers = answers + 1
      return
    end
    local ok, value, err = pcall(function() return thing:trap(1) end)
    check(not ok or is(err, 'Internal') or is(err, 'Invalid'), 'thing.trap', ok, value, err)
  end,
  function()
    local thing = #things > 0 and table.remove(things, random(#things))
    if not thing then
      answers = answers + 1
      return
    end
    local value, err = funcs.call('t:take', thing, random(0, 3))
    check(value == nil and (err == nil or is(err, 'Invalid')), 'take', value, err)
  end,
  function()
    local ms = random(0, 3)
    local value, err = funcs.call('t:alone', ms)
    check(value == ms, 'alone', value, err)
  end,
  function()
    local sum = 0
    for v in
      coroutine.wrap(function()
        for i = 1, 3 do
          coroutine.yield((funcs.call('t:nap', i)))
        end
      end)
    do
      sum = sum + v
    end
    check(sum == 6, 'generator', sum)
  end,
}
local left = coroutines
for i = 1, coroutines do
  coroutine.spawn(function()
    for k = 1, steps do
      asked = asked + 1
      ops[random(#ops)]()
    end
    left = left - 1
  end)
end
while left > 0 do
  time.sleep('5ms')
end
for i = 1, math.min(#wrong, 5) do
  print(wrong[i])
end
print(asked == answers, #wrong)
for i = 1, 20 do
  coroutine.spawn(function() funcs.call('t:fresh', 1e6, 'x') end)
  coroutine.spawn(function() funcs.call('t:alone', 1e6) end)
end
time.sleep('1ms')
