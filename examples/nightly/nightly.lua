-- A nightly job: reads files, has a guest look at each, asks a server for the rate, and writes a report. Any failure ends it with status 1.
local sales = require 'sales'
local options = args.parse({
  about = 'Adds up the sales of the day.',
  { '--rate', metavar = 'URL', help = 'where the rate is asked for; without it is 1' },
}, ...)
local input, output = assert(fs.get 'demo:sales'), assert(fs.get 'demo:reports')

local function rate_of(url)
  return group.retry(function()
    local answer, err = http_client.get(url, { timeout = '10s' })
    if not answer then return nil, err end
    if answer.status_code ~= 200 then return nil, 'the server answers ' .. answer.status_code end
    return json.decode(answer.body).rate
  end, { max_attempts = 3, timeout = '30s' })
end

local totals, files, rate = {}, {}, 1
local _, err = group.run(function(g)
  if options.rate then g:spawn(function() rate = assert(rate_of(options.rate)) end) end
  files = assert(group.map(assert(input:readdir '/'), function(file)
    local text = assert(input:readfile(file.name))
    for product, amount in pairs(assert(sales.parse(text))) do
      totals[product] = (totals[product] or 0) + amount
    end
    return { file = file.name, bytes = #text, checksum = assert(funcs.call('demo:checksum', text)) }
  end, { limit = 8 }))
end)
if err then return nil, err end

local rows = {}
for product, amount in pairs(totals) do
  rows[#rows + 1] = { product = product, sold = amount, worth = amount * rate }
end
table.sort(rows, function(a, b) return a.sold > b.sold end)
assert(output:writefile('report.json', json.encode { files = files, products = rows }))
print(term.table(files, { columns = { 'file', 'bytes', 'checksum' } }) .. '\n')
print(term.table(rows, { columns = { 'product', 'sold', 'worth' } }))
