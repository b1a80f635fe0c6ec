-- Indexes of texts live in a guest; this script holds handles to them and calls their methods.
local funcs = require('funcs')

local function call(id, ...)
  local value, err = funcs.call(id, ...)
  if err then error(err) end
  return value
end

-- A constructor and its methods.
local notes = call('demo:new_index', 'notes')
notes:add('monday', 'The cat sat on the mat, and the dog looked on.')
notes:add('friday', 'Dog and cat, cat and dog: the cat won.')

for _, hit in ipairs(notes:find('cat')) do
  print(('%s: cat x %d in %s'):format(notes:name(), hit.count, hit.title))
end

-- A static function; a method that borrows another handle.
local poems = call('demo:index_of_texts', 'poems', {
  { 'tiger', 'The tiger looked at the moon' },
  { 'moon', 'A moon, a mat, a sleeping cat' },
})
print('both have: ' .. table.concat(notes:shared_words(poems), ', '))

-- A list of handles. Those that are not needed any longer are dropped by hand, or when Lua collects them.
local parts = notes:split()
for _, part in ipairs(parts) do
  print('part: ' .. part:name())
end
print('siblings of poems: ' .. poems:siblings())
for _, part in ipairs(parts) do
  part:drop()
end
print('after dropping the parts: ' .. poems:siblings())

-- A function that borrows its first argument and owns its second: that handle is gone afterwards.
local all = call('demo:merge', notes, poems)
print(all:name() .. ': moon in ' .. #all:find('moon') .. ' texts')

local still_there = pcall(function() return poems:name() end)
print('poems is gone: ' .. tostring(not still_there))
