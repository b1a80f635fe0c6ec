local before = count()
for i = 1, 50 do
  assert(works('consume', works('make', i)) == i)
  works('make', i):drop()
  works('make', i)
  call('raw', 5)
  call('wrong', works('make', i))
  works('all', { works('make', i) })
end
local after = count()
assert(after <= before + 1, ('%d instances before, %d after'):format(before, after))
