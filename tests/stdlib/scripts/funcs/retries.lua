local retry = { max_attempts = 3, initial_delay = '1ms', backoff_factor = 2, jitter = 0.5 }
local patient = funcs.new():with_options { retry = retry }
assert(patient:call('t:count', 3) == 3)
local value, err = patient:call('t:count', 100)
assert(value == nil and err:message() == 'call 6', err:message())
value, err = patient:call('t:trap')
assert(err:kind() == 'Internal')
