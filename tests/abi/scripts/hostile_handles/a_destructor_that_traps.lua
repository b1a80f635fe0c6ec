for i = 1, 3 do
  local bad = works('make', 666)
  local other = works('make', 5)
  assert(not pcall(function() bad:drop() end))
  local value, problem = call('look', other)
  assert(problem == nil or problem:message():find 'has ended')
  assert(works('look', works('make', 7)) == 7)
  works('make', 666)
  collectgarbage()
  collectgarbage()
  assert(works('look', works('make', 8)) == 8)
end
