-- Three stages joined by channels: where one is slow those before it wait, and the first error ends all of them.
local function run(readings)
  local raw, checked = channel.new(4), channel.new(4)
  local made, stored = 0, 0
  local _, err = group.run(function(g)
    g:spawn(function()
      for i = 1, readings do
        raw:send(i == 700 and 5000 or i % 50)
        made = i
      end
      raw:close()
    end)
    g:spawn(function()
      local _, problem = group.map(raw, function(reading)
        local value, broken = funcs.call('demo:check', reading)
        if broken then return nil, broken end
        checked:send(value)
      end, { limit = 2 })
      checked:close()
      return nil, problem
    end)
    assert(group.map(checked, function(value)
      assert(funcs.call('demo:store', value))
      stored = stored + 1
    end, { limit = 8 }))
  end)
  return made, stored, err
end

local made, stored, err = run(500)
print(('%d made, %d stored, error: %s'):format(made, stored, tostring(err)))

made, stored, err = run(100000)
print('stopped early: ' .. tostring(made < 1000 and stored < made))
print(err)
