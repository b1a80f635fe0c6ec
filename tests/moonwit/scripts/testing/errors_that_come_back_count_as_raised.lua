local test, funcs = require 'test', require 'funcs'
test.it('comes back', function()
  test.raises(function() return funcs.call 'app:gone' end, 'NotFound')
  test.eq(test.raises(function() return funcs.call 'app:gone' end, 'there is no entry'):kind(), 'NotFound')
end)
