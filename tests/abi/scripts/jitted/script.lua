local funcs, time = require 'funcs', require 'time'
local calls = tonumber((...))
local wrong = 0
local function expect(value, err, wanted)
  if value ~= wanted then
    wrong = wrong + 1
    print(value, err, wanted)
  end
end
local function plain(n)
  for i = 1, n do
    local v, e = funcs.call('t:mul', i % 100, 3)
    expect(v, e, i % 100 * 3)
  end
end
local function looks(n)
  for i = 1, n do
    if not (funcs.call('t:look') > 1e9) then wrong = wrong + 1 end
  end
end
local function sizes(n)
  for i = 1, n do
    local v, e = funcs.call('t:size', ('x'):rep(i % 50))
    expect(v, e, i % 50)
  end
end
local function gets(n)
  for i = 1, n do
    expect(#funcs.call('t:bytes', i % 20), nil, i % 20)
  end
end
local function waits(n)
  for i = 1, n do
    local v, e = funcs.call('t:nap', 0)
    expect(v, e, 7)
  end
end
local function quick(n)
  for i = 1, n do
    local v, e = funcs.call('t:size-all', ('x'):rep(i % 50))
    expect(v, e, i % 50)
  end
end
local function leaves(n)
  for i = 1, n do
    local v, e = funcs.call('t:leaf', ('x'):rep(i % 50))
    expect(v, e, i % 50)
    if i % 4 == 0 then
      v, e = funcs.call('t:leaf-all', 'abcd')
      expect(v, e, 4)
    end
  end
end
local function traps(n)
  for i = 1, n do
    local v, e = funcs.call('t:trap', i % 100 == 0)
    if i % 100 ~= 0 then expect(v, e, 7) end
  end
end
local function mixed(n)
  for i = 1, n do
    local v, e = funcs.call('t:mul', i % 100, 3)
    expect(v, e, i % 100 * 3)
    if i % 3 == 0 then
      v, e = funcs.call('t:size', 'abc')
      expect(v, e, 3)
    end
    if i % 5 == 0 then
      v, e = funcs.call('t:plain-size', 'abc')
      expect(v, e, 3)
    end
    if i % 7 == 0 then
      v, e = funcs.call('t:nap', i % 2)
      expect(v, e, 7)
    end
  end
end
local all = { plain, looks, sizes, gets, waits, quick, leaves, traps, mixed }
for _, f in ipairs(all) do
  f(calls)
end
for round = 1, 3 do
  for _, f in ipairs(all) do
    coroutine.spawn(f, calls / 10)
  end
  time.sleep('1s')
end
local kinds = { 't:mul', 't:trap', 't:look' }
-- One call site for all kinds of functions.
for i = 1, calls do
  local id = kinds[i % 3 + 1]
  if id == 't:mul' then
    funcs.call(id, 2, 3)
  elseif id == 't:trap' then
    funcs.call(id, false)
  else
    funcs.call(id)
  end
end
print('wrong', wrong)
