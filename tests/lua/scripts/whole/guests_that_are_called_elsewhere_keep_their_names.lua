local far = require 'json'
local futures = {}
for i = 1, 8 do
  futures[i] = funcs.async('app:shop#time')
end
for i = 1, 8 do
  assert(futures[i]:await() > 0)
end
print 'done'
