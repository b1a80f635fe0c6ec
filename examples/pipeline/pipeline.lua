-- A data pipeline: plain Lua tables go through two WebAssembly functions and come back as plain Lua tables.
local funcs = require('funcs')

local users = {
  { id = 1, name = 'Alice', tags = { 'admin', 'dev' }, active = true },
  { id = 2, name = 'Bob', tags = { 'user' }, active = false },
  { id = 3, name = 'Carol', tags = { 'dev' }, active = true },
  { id = 4, name = 'Zoë', tags = {}, active = true },
}

local function call(id, ...)
  local value, err = funcs.call(id, ...)
  if err then error(err) end
  return value
end

-- How many columns a text takes: every byte counts but the continuation bytes of UTF-8.
local function width_of(text) return select(2, text:gsub('[^\128-\191]', '')) end

local function show(title, columns, rows)
  local lines, widths = { columns }, {}
  for _, row in ipairs(rows) do
    local line = {}
    for i, column in ipairs(columns) do
      local value = row[column]
      line[i] = type(value) == 'table' and table.concat(value, ', ') or tostring(value)
    end
    lines[#lines + 1] = line
  end
  for i in ipairs(columns) do
    widths[i] = 0
    for _, line in ipairs(lines) do
      widths[i] = math.max(widths[i], width_of(line[i]))
    end
  end
  print(title .. '\n')
  for number, line in ipairs(lines) do
    local cells = {}
    for i, cell in ipairs(line) do
      cells[i] = cell .. (' '):rep(widths[i] - width_of(cell))
    end
    print('  ' .. (table.concat(cells, '  '):gsub('%s+$', '')))
    if number == 1 then print('  ' .. ('-'):rep(width_of(table.concat(cells, '  ')))) end
  end
  print()
end

show('Users, as Lua has them:', { 'id', 'name', 'tags', 'active' }, users)

local active = call('demo:filter_active', users)
show('demo:filter_active keeps the active ones:', { 'id', 'name', 'tags', 'active' }, active)

local views = call('demo:transform_users', active)
show('demo:transform_users adds two fields:', { 'id', 'name', 'tag_count', 'display' }, views)

-- A value that does not fit is an error that says where; the guest never sees it.
local _, err = funcs.call('demo:transform_users', { { id = 5, name = 'Eve', tags = { 'ops', 7 }, active = true } })
print('A tag that is not a string: ' .. err:message())

-- The same again with many, to see what a call costs.
local many = {}
for i = 1, 1000 do
  local user = users[(i - 1) % #users + 1]
  many[i] = { id = i, name = user.name, tags = user.tags, active = user.active }
end

local count, rounds, started = 0, 100, os.clock()
for _ = 1, rounds do
  count = count + #call('demo:transform_users', many)
end
local took = (os.clock() - started) * 1000 / rounds
print(('%d users through the guest and back, 1000 to a call: %.1f ms a call'):format(count, took))
