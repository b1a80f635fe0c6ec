local entry = registry.get 't:one'
entry.meta.team, entry.data.max_size, entry.kind = 'other', 1, 'changed'
registry.find({ ['.name'] = 'one' })[1].meta.team = 'other'
local again = registry.get 't:one'
print(again.meta.team, again.data.max_size, again.kind)
