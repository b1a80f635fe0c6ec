local values = { who = { name = 'me' } }
local as = funcs.new():with_context(values)
values.who.name = 'you'
local seen = as:call('t:who')
assert(seen.who.name == 'me')
seen.who.name = 'them'
assert(as:call('t:who').who.name == 'me')
