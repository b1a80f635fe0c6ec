--[[ LATE ]]
local away = require 'lua.dispatcher.away'
away.open = true
local log = {}
local function call()
  local number
  local function begin(n) number = n end
  local function cancel() log[#log + 1] = 'canceled' end
  return function() return number end, function()
    local in_time, value, failure = away.call(begin, cancel, 't:f', 10)
    log[#log + 1] = table.concat({ tostring(in_time), tostring(value), tostring(failure) }, ' ')
  end
end
return run(function()
  for _, answer in ipairs { { 'value' }, { nil, 'failure' }, {} } do
    local number, f = call()
    late(f)
    if next(answer) then away.answered(number(), answer[1], answer[2]) end
    settle()
    away.answered(number(), 'too late')
  end
  return table.concat(log, ', ')
end)
