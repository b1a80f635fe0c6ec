return function(n)
  local inbox = process.inbox()
  for _ = 1, n do
    local msg = inbox:receive()
    process.send(msg:from(), 'answer', msg:payload():data())
  end
  return n
end
