local function ids(filter)
  local names = {}
  for at, entry in ipairs(assert(registry.find(filter))) do
    names[at] = entry.id
  end
  return table.concat(names, ' ')
end
print(ids { ['.kind'] = 'store.memory' })
print(ids { ['.kind'] = 'store.memory', ['.ns'] = 't', team = 'a' })
print(ids { ['.name'] = 'two', cached = true })
print(ids { cached = 1 }, ids { number = 1 }, ids { number = true }, ids { team = 'none' }, ids { ['.ns'] = 'other' })
print(ids(), ids {} == ids())
