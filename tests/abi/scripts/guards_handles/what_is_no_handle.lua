local v = works('make-b', 3)
for _, value in ipairs { 1, 0, 'b handle 1', {}, 1ULL, 3LL, require('ffi').new('int[1]'), print, true } do
  refused('expected a handle of the resource b, got ', 'look-b', value)
  refused('expected a handle of the resource b, got ', 'eat-b', value)
end
refused('expected a handle of the resource b, got wit.none', 'look-b', require('lua.values.optional').none)
assert(works('look-b', v) == 3)
