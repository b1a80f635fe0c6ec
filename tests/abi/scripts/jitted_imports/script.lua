local funcs, time = require 'funcs', require 'time'
local calls = tonumber((...))
local wrong = 0
local function expect(value, err, wanted)
  if value ~= wanted then
    wrong = wrong + 1
    print(value, err, wanted)
  end
end
local ways = {}
function ways.u(i)
  local v, e = funcs.call('t:u', i)
  expect(v, e, i)
end
function ways.uu(i)
  local v, e = funcs.call('t:uu', i, 2)
  expect(v and v[1], e, i + 2)
end
function ways.s(i)
  local v, e = funcs.call('t:s', ('x'):rep(i % 50))
  expect(v and #v, e, i % 50)
end
function ways.r(i)
  local v, e = funcs.call('t:r', { ok = i })
  if i % 50 == 0 then
    expect(e:message(), v, 'round')
  else
    expect(v, e, i)
  end
end
function ways.l(i)
  local list = {}
  for k = 1, i % 4 do
    list[k] = { name = 'n' .. k, score = k / 2 }
  end
  local v, e = funcs.call('t:l', list)
  expect(v and #v, e, #list)
  if v and v[1] then expect(v[1].score, nil, 0.5) end
end
function ways.w(i)
  local v, e = funcs.call('t:w', i)
  expect(v, e, i)
end
function ways.c(i)
  local v, e = funcs.call('t:c', i)
  expect(v, e, i)
end
function ways.f(i)
  local v, e = funcs.call('t:f', i)
  if i % 40 == 0 then
    expect(e:message(), v, 'forty')
  else
    expect(v, e, i)
  end
end
function ways.d(i)
  local v, e = funcs.call('t:d', i + 0.5)
  expect(v, e, i + 0.5)
end
function ways.plain(i)
  local v, e = funcs.call('t:mul', i % 100, 3)
  expect(v, e, i % 100 * 3)
end
local names = { 'u', 'uu', 's', 'r', 'l', 'w', 'c', 'f', 'd', 'plain' }
local function loop(name, n)
  local f = ways[name]
  for i = 1, n do
    f(i)
  end
end
for _, name in ipairs(names) do
  loop(name, calls)
end
for round = 1, 2 do
  for _, name in ipairs(names) do
    coroutine.spawn(loop, name, calls / 10)
  end
  time.sleep('1s')
end
for i = 1, calls do
  ways[names[i % #names + 1]](i)
end
print('wrong', wrong)
