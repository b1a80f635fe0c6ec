for i = 1, 3 do
  fails('Internal', 'unreachable', 'wrong', works('make', 5))
  assert(works('look', works('make', 9)) == 9)
end
