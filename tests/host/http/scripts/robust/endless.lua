return function()
  local response, piece = http.response(), ('x'):rep(65536)
  while response:write(piece) or response:flush() do
  end
  print('endless: the client has gone')
end
