local slow, quick = funcs.async('t:nap', '1h', 1), funcs.async('t:nap', '1ms', 'quick')
assert(quick:response() == quick:channel())
local chosen = channel.select { slow:response():case_receive(), quick:response():case_receive() }
assert(chosen.channel == quick:response() and chosen.value:data() == 'quick')
local failed = funcs.async('t:trap'):response():receive()
local value, err = failed:data()
assert(value == nil and err == failed and err:kind() == 'Internal')
