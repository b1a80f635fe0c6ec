local send = require('lua.lane.mailbox').sender(...)
return function(from, to)
  for i = from, to do
    if not send(i % 5, i, ('x'):rep(i * 7919 % 3000) .. i) then return i - from end
  end
  return to - from + 1
end
