-- 500 items, so many at a time: each is looked up in a service that fails now and then, and goes through a guest.
local options = args.parse({
  about = 'Looks up items, and says how it went.',
  { '--items', '-n', default = 500, type = 'integer', help = 'how many items' },
  { '--limit', '-l', default = 25, type = 'integer', help = 'how many at a time' },
  { '--quiet', '-q', help = 'no progress' },
}, ...)

local items = {}
for i = 1, options.items do
  items[i] = i
end

local found, _, failed = group.map(items, function(item)
  local stock, err = funcs.call('demo:stock', item)
  if err then return nil, err end
  return { item = item, stock = stock, steps = assert(funcs.call('demo:collatz', item)) }
end, {
  limit = options.limit,
  on_error = 'collect',
  retry = { max_attempts = 5, initial_delay = '5ms' },
  progress = not options.quiet and 'items',
})

local longest, done = {}, 0
for _, each in pairs(found) do
  done, longest[#longest + 1] = done + 1, each
end
table.sort(longest, function(a, b) return a.steps > b.steps or a.steps == b.steps and a.item < b.item end)
print(done .. ' items done, the longest ways:')
print(term.table({ longest[1], longest[2], longest[3] }, { columns = { 'item', 'stock', 'steps' } }))
for item = 1, options.items do
  local err = failed and failed[item]
  if err then print(('item %d failed: %s'):format(item, err:message())) end
end
