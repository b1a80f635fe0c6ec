--[[ LATE_2 ]]
local gates = require 'lua.dispatcher.gate'
local log = {}
return run(function()
  local gate = gates.new()
  local function waiter(name, deadline)
    return D.spawn(function()
      local problem, answer = gates.wait(gate, deadline, 'test')
      log[#log + 1] = name .. (problem == D.LATE and ' late' or problem and ' canceled' or ' ' .. tostring(answer))
    end)
  end
  local soon = clock.monotonic() + 5e6
  waiter('a', soon)
  waiter('b')
  local c = waiter('c')
  waiter('d')
  waiter('e', soon)
  waiter('f', soon + 1e9)
  D.pause()
  log[#log + 1] = gate.count
  D.cancel(c)
  D.sleep(6e6)
  log[#log + 1] = gate.count
  log[#log + 1] = tostring(gates.admit(gate, 'one'))
  log[#log + 1] = tostring(gates.admit(gate, 'two'))
  gates.admit_all(gate, 'all')
  log[#log + 1] = tostring(gates.admit(gate, 'none'))
  settle()
  for _ = 1, 100 do
    waiter('', clock.monotonic())
  end
  local said = table.concat(log, ', ')
  settle()
  return said .. ', ' .. gate.count .. ' ' .. tostring(gate.first) .. ' ' .. tostring(gate.last)
end)
