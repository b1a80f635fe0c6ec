local pieces = {}
while true do
  local piece = r.stream:read()
  if not piece then break end
  pieces[#pieces + 1] = piece
end
print(table.concat(pieces) == WHOLE)
