-- Log files by the thousand: each is made here, and read on the cluster; what comes back is added up.
local options = args.parse({
  about = 'Counts what a server answered, over many log files.',
  { '--files', '-n', default = 10000, type = 'integer', help = 'how many files' },
  { '--quiet', '-q', help = 'no progress' },
}, ...)

local STATUSES = { '200', '200', '200', '304', '404', '500' }

-- A log file of 20 lines, the same each time for its number.
local function log(number)
  local lines, seed = {}, number
  for i = 1, 20 do
    seed = (seed * 1103 + 12345) % 65536
    lines[i] = ('10.0.0.%d - - "GET /%d HTTP/1.1" %s %d'):format(seed % 256, seed, STATUSES[seed % #STATUSES + 1], seed)
  end
  return table.concat(lines, '\n')
end

local numbers = {}
for i = 1, options.files do
  numbers[i] = i
end
local summaries = assert(group.map(numbers, function(number) return funcs.call('logs:summary', log(number)) end, {
  limit = 2000,
  progress = not options.quiet and 'files',
}))

local total, rows = {}, {}
for _, counts in ipairs(summaries) do
  for status, count in pairs(counts) do
    total[status] = (total[status] or 0) + count
  end
end
for status, count in pairs(total) do
  rows[#rows + 1] = { status = status, answers = count }
end
table.sort(rows, function(a, b) return a.status < b.status end)
print(term.table(rows, { columns = { 'status', 'answers' } }))
