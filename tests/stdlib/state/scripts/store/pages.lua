local s = assert(store.get 't:NAME')
for _, key in ipairs { 'b', 'a', 'ab', 'a\255', 'a\255\255', '\255', '\255\255', 'B' } do
  s:set(key, #key)
end
local function keys(options)
  local page = assert(s:list(options))
  local all = {}
  for i, item in ipairs(page.items) do
    all[i] = item.key:gsub('\255', '~')
  end
  print(table.concat(all, ' '), page.has_more, page.cursor and page.cursor:gsub('\255', '~'))
  return page.cursor
end
keys()
keys { prefix = 'a' }
keys { prefix = 'a\255' }
keys { prefix = '\255' }
keys { prefix = 'c' }
local after = keys { limit = 3 }
after = keys { limit = 3, after = after }
keys { limit = 2, after = after }
keys { prefix = 'a', after = 'a\255' }
keys { prefix = 'b', after = 'a' }
