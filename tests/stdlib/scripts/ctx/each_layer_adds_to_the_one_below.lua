local as = funcs.new():with_context { who = 'me', trace = 'outer' }
local seen = as:call('t:far', 'inner')
assert(seen.who == 'me' and seen.trace == 'inner')
assert(as:call('t:far').trace == 'outer')
assert(as:with_context { trace = 'other' }:call('t:who').trace == 'other' and as:call('t:who').trace == 'outer')
assert(funcs.call('t:who').who == nil and next(ctx.all()) == nil)
coroutine.spawn(function() assert(ctx.get('who') == nil) end)
