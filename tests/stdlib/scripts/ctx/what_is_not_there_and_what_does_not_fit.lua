local value, err = ctx.get('who')
assert(value == nil and err:kind() == errors.NOT_FOUND and err:message():find "'who'")
local function refused(values)
  return select(2, pcall(function() funcs.new():with_context(values) end))
end
local function says(values, sentence) assert(tostring(refused(values)) == 'script:4: executor:with_context: ' .. sentence, refused(values)) end
says({ user = print }, "'user': a function can't be passed on")
says({ user = { name = { first = print } } }, "'user.name.first': a function can't be passed on")
says({ user = { print } }, "'user[1]': a function can't be passed on")
says({ ['a: b'] = { 1, x = 2 } }, "'a: b': a table with both numbers and names as keys can't be passed on")
assert(tostring(refused { 1 }):find 'strings' and tostring(refused(7)):find 'table')
assert(tostring(select(2, pcall(ctx.get, 1))):find 'string')
