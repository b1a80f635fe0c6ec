local hidden = assert(registry.get 't:hidden')
print(hidden.meta.plain, hidden.meta.secret, hidden.meta.deep.plain, hidden.meta.deep.secret, hidden.meta.list, hidden.data.directory)
print(registry.get('t:variable').data.default, registry.get('t:static').data.values, registry.get('t:program').data.source)
print(#registry.find { secret = 'xqzvwkjp' }, #registry.find { plain = 'yes' })
local function search(value)
  if type(value) == 'string' then assert(not value:find 'xqzv', value) end
  if type(value) == 'table' then
    for key, below in pairs(value) do
      search(key)
      search(below)
    end
  end
end
search(registry.find())
print 'none'
