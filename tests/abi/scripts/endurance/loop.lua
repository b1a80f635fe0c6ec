local calls = require 'lua.calls.calls'
local call = calls.call
-- A table keeps the size that it once had: how many handles, errors and instances wait for the collector at most is not left to chance.
local function collect(i)
  if i % 500 == 0 then collectgarbage() end
end
return function(share)
  for i = 1, 1000000 * share do
    if call('t:mul', 3, i % 1000) ~= 3 * (i % 1000) then error 'mul' end
  end
  for i = 1, 20000 * share do
    assert(call('t:mul-inline', 6, 7) == 42)
    collect(i)
  end
  for i = 1, 50000 * share do
    local text = 'a string of many ' .. i
    assert(call('t:text', text) == text)
    collect(i)
  end
  for i = 1, 20000 * share do
    local thing = assert(call('t:make', i))
    if i % 3 == 0 then
      thing:drop()
    elseif i % 3 == 1 then
      assert(call('t:consume', thing) == 1)
    end
    local other = assert(call('t:make-inline', i))
    if i % 3 == 0 then
      other:drop()
    elseif i % 3 == 1 then
      assert(call('t:consume', other) == 1)
    end
    collect(i)
  end
  for i = 1, 20000 * share do
    local value, problem = call 't:trap'
    assert(value == nil and problem:kind() == 'Internal')
    value, problem = call('t:mul', 'x', 1)
    assert(value == nil and problem:kind() == 'Invalid')
    value, problem = call('t:nothing', 1)
    assert(value == nil and problem:kind() == 'NotFound')
    collect(i)
  end
  -- How much of all this LuaJIT compiles, and how often, is left to chance too.
  jit.flush()
  for _ = 1, 3 do
    collectgarbage()
    call('t:make', 1)
  end
  local instances = 0
  for _ in pairs(require('lua.guest.instance').all) do
    instances = instances + 1
  end
  return instances, collectgarbage 'count'
end
