local as = funcs.new():with_context { who = { 'me', 7 }, trace = 'a' }
for _, call in ipairs { { 't:who' }, { 't:through', 't:who' }, { 't:through', 't:far' }, { 't:far' } } do
  local seen = assert(as:call(unpack(call)))
  assert(seen.who[1] == 'me' and seen.who[2] == 7 and seen.trace == 'a' and seen.all.trace == 'a', call[1])
end
assert(as:async('t:far'):await().who[2] == 7)
