local s = assert(store.get 't:small_NAME')
for i = 1, 3 do
  s:set(i .. '', i)
end
print(s:set('4', 4))
print(s:set('3', ('x'):rep(900)))
print(s:set('3', ('x'):rep(1100)))
print(s:get '3' == ('x'):rep(900))
s:delete '1'
print(s:set('4', 4))
s = assert(store.get 't:NAME')
print(s:set(('k'):rep(1024), 1))
print(s:set(('k'):rep(1025), 1))
print(s:set('', 1))
print(s:set('large', ('x'):rep(1024 * 1024)))
print(s:set('large', ('x'):rep(1024 * 1024 - 5)))
for i = 1, 6 do
  s:set('large' .. i, ('x'):rep(1000000))
end
local page = s:list { prefix = 'large' }
print(#page.items, page.has_more, #s:list { prefix = 'large', after = page.cursor }.items)
print(s:list { limit = 1001 })
