local s = assert(store.get 't:file')
local _, err = group.run(function()
  for i = 1, 1e9 do
    s:set('k', i)
  end
end, { timeout = '20ms' })
print(err:kind(), s:set('k', 'after'), s:get 'k')
