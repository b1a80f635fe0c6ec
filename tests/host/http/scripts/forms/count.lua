return function()
  local n = 0
  for _ in pairs(http.request():query()) do
    n = n + 1
  end
  return n
end
