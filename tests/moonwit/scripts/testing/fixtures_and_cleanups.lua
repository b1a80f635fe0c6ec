local test = require 'test'
local n = 0
local one = test.fixture(function()
  n = n + 1
  print('make ' .. n)
  return n, function(v) print('end ' .. v) end
end)
test.it('first', function()
  test.eq(one(), one())
  test.cleanup(function() print 'own' end)
end)
test.it('second', function()
  one()
  error('no')
end)
test.it('third', function() end)
test.it('fourth', function()
  test.cleanup(function() error('late', 0) end)
end)
print(pcall(one))
