local s = assert(store.get 't:NAME')
s:set('a', 1, 1)
s:set('b', 2, '1001ms')
s:set('c', 3, 0)
s:put('d', 4, { ttl = '1s' })
s:set('e', 5, 1)
s:set('e', 6)
time.sleep '999ms'
print(s:has 'a', s:has 'b', s:has 'c', s:has 'd', s:has 'e')
time.sleep '1ms'
print(s:has 'a', s:has 'b', s:has 'c', s:has 'd', s:has 'e')
print(select(2, s:get 'a'):kind(), s:delete 'a', s:put('a', 7, { only_if_absent = true }).value, #s:list().items)
time.sleep '1h'
print(s:has 'b', s:get 'c', s:get 'e', #s:list().items)
