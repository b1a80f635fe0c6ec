local expected, wrong = 0, nil
local box = require('lua.lane.mailbox').receiver((...), function(kind, number, text)
  expected = expected + 1
  if number ~= expected or kind ~= number % 5 or text ~= ('x'):rep(number * 7919 % 3000) .. number then wrong = wrong or number end
end)
return function()
  if box.has_news() then box.take() end
  return expected, wrong
end, box.sleep, box.wake
