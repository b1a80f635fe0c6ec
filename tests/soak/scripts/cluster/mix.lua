-- Calls on a cluster of all kinds, for so many seconds; prints how many were made, and fails at the first wrong answer.
local funcs, group, time = require 'funcs', require 'group', require 'time'

local seconds = tonumber(({ ... })[1])
local began, made = time.now(), 0
local text = ('x'):rep(100000)

local function is(value, err, wanted, kind)
  made = made + 1
  if kind then
    assert(err and err:kind() == kind, ('expected %s, got %s'):format(kind, tostring(err or value)))
  else
    assert(value == wanted, ('expected %s, got %s'):format(tostring(wanted), tostring(err or value)))
  end
end

local mix = {
  function(i)
    local futures = {}
    for k = 1, 200 do
      futures[k] = funcs.async('t:mul', k, i)
    end
    for k = 1, 200 do
      local value, err = futures[k]:await()
      is(value, err, k * i)
    end
  end,
  function()
    local value, err = funcs.call('t:echo', text)
    is(value, err, text)
  end,
  function()
    local value, err = funcs.call('t:nap', '20ms')
    is(value, err, '20ms')
  end,
  function()
    local value, err = funcs.call('t:spin')
    is(value, err, nil, 'Timeout')
  end,
  function()
    local value, err = funcs.call('t:trap')
    is(value, err, nil, 'Internal')
  end,
  function()
    local future = funcs.async('t:nap', '1h')
    time.sleep '30ms'
    future:cancel()
    local value, err = future:await()
    is(value, err, nil, 'Canceled')
  end,
}

local g = group.new()
for worker = 1, 6 do
  g:spawn(function()
    local i = worker
    while time.since(began):seconds() < seconds do
      mix[i % #mix + 1](i % 1000)
      i = i + 1
    end
  end)
end
assert(g:wait())
print(made)
