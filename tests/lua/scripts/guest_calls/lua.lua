local time, funcs, errors = require('time'), require('funcs'), require('errors')
local answers = {}
function answers.upper(text)
  time.sleep('5ms')
  return text:upper()
end
function answers.nothing() end
function answers.number() return 42.5 end
function answers.list() return { 1, 2 } end
function answers.broken() return '\255\254' end
function answers.raise() error('no luck', 0) end
function answers.refuse() return nil, errors.new { message = 'not today', kind = errors.UNAVAILABLE } end
function answers.slow() time.sleep('1h') end
function answers.again(text)
  if #text > 20 then return text end
  local value, err = funcs.call('t:ask', 't:lua', text .. 'x')
  return value, err
end
function answers.endless(text)
  local value, err = funcs.call('t:ask', 't:lua', text)
  return value, err
end
return { main = function(text) return answers[text:match('^%a+')](text) end }
