return function(n)
  for _ = 1, n do
    local msg = process.inbox():receive()
    process.send(msg:from(), 'answer', msg:payload():data())
  end
end
