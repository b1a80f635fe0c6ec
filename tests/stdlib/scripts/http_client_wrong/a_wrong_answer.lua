while r do
  local piece
  piece, e = r.stream:read()
  if not piece then break end
end
print(e and tostring(e))
