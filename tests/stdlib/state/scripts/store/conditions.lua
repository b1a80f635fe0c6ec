local s = assert(store.get 't:NAME')
local function show(entry, err) print(entry and entry.value, err and err:kind(), err and err:retryable()) end
show(s:put('k', 1, { only_if_absent = true }))
show(s:put('k', 2, { only_if_absent = true }))
local first = s:entry 'k'
show(s:put('k', 3, { if_version = first.version }))
show(s:put('k', 4, { if_version = first.version }))
show(s:put('gone', 5, { if_version = first.version }))
local third = s:entry 'k'
s:delete 'k'
s:set('k', 3)
-- The same value again is another version.
show(s:put('k', 6, { if_version = third.version }))
show(s:put('k', 7, { if_version = '' }))
print(s:get 'k')
