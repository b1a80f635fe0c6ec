local thing = assert(funcs.call('t:thing', 7))
print(thing:nap(1000), thing:nap(10))
thing:drop()
print(funcs.call('t:dropped'))
