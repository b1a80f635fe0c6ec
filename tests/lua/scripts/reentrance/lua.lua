local funcs, time, errors = require('funcs'), require('time'), require('errors')
local held, outcome
local function said(value, err) return err and err:kind() .. ' ' .. err:message() or tostring(value) end
local ways = {}
function ways.keep()
  held = assert(funcs.call('t:thing', 7))
  return 'kept'
end
function ways.nothing() return 'nothing' end
function ways.same() return said(funcs.call('t:ask', 't:lua', 'nothing')) end
function ways.other() return said(funcs.call('t:dropped')) end
function ways.make() return said(funcs.call('t:thing', 9)) end
function ways.async() return said(funcs.async('t:ask', 't:lua', 'nothing'):await()) end
function ways.slept()
  local future = funcs.async('t:dropped')
  time.sleep('1ms')
  return said(future:await())
end
function ways.far() return said(funcs.async('t:' .. LAST, 'async'):await()) end
function ways.limited() return said(funcs.call('t:limited', 'other')) end
function ways.method() return said(held:value()) end
function ways.asking() return said(held:ask('t:lua', 'nothing')) end
function ways.drop()
  local ok, why = pcall(held.drop, held)
  return tostring(ok) .. ' ' .. tostring(why)
end
function ways.collect()
  held = nil
  collectgarbage()
  collectgarbage()
  return said(funcs.call('t:dropped'))
end
function ways.patient()
  outcome = 'still waits'
  local future = funcs.async('t:dropped')
  coroutine.spawn(function() outcome = said(future:await()) end)
  return select(2, future:await('1ms')):kind()
end
function ways.outcome() return outcome end
function ways.later()
  funcs.async('t:ask', 't:lua', 'nothing')
  return 'later'
end
return { main = function(way) return ways[way]() end }
