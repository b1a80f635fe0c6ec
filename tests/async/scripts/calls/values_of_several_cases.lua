local funcs, wit = require 'funcs', require 'wit'
assert(funcs.call('t:option', 7) == 7)
assert(funcs.call 't:option' == nil)
local pair = assert(funcs.call('t:pair', { 5, { err = 255 } }))
assert(pair[1] == 5 and pair[2].err == 255)
pair = assert(funcs.call('t:pair', { wit.none, { ok = true } }))
assert(pair[2].ok == true)
