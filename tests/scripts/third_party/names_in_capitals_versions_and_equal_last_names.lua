assert(call('next', 2 ^ 53 - 2) == 2 ^ 53 - 1 and call('next', 2 ^ 53) == 9007199254740993ULL)
assert(call('count', 'http://x') == 8)
assert(call('old') == 1 and call('newer') == 0 and call('newer', 5) == 5 and call('ping') == 7)
assert(call('deep') == 10 and call('other') == 20 and call('only') == 11)
