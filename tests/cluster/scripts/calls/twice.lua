local funcs, errors = require 'funcs', require 'errors'
return function(what, value)
  if what == 'fail' then return nil, errors.new({ message = 'no', kind = errors.CONFLICT, details = { n = value } }) end
  if what == 'raise' then error('raised ' .. value) end
  if what == 'context' then return require('ctx').get('user') end
  return funcs.call('t:plain', { value, value })
end
