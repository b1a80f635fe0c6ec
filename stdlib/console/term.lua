-- The module `term`: tables and colors for people who read at a terminal.
local got = require 'lua.values.got'
local options = require 'stdlib.values.options'
local screen = require 'stdlib.console.screen'

local type, error, pairs, ipairs, tostring, max, min = type, error, pairs, ipairs, tostring, math.max, math.min
local concat, sort, rep = table.concat, table.sort, string.rep

local M = {}

-- How many rows and columns a table may have.
local MOST_ROWS, MOST_COLUMNS = 1e6, 100
local NARROWEST_COLUMN = 3
local GAP = '  '

-- Colors -------------------------------------------------------------------------------------------------------------------

local STYLES = {
  bold = 1,
  dim = 2,
  underline = 4,
  red = 31,
  green = 32,
  yellow = 33,
  blue = 34,
  magenta = 35,
  cyan = 36,
  gray = 90,
}

local function styled(code, text) return screen.has_colors 'output' and '\27[' .. code .. 'm' .. text .. '\27[0m' or text end

for name, code in pairs(STYLES) do
  M[name] = function(text) return styled(code, tostring(text)) end
end

--- Says whether standard output is a terminal.
function M.is_terminal() return screen.is_terminal 'output' end

--- Says whether colors are shown: on a terminal whose user has not set NO_COLOR.
function M.has_colors() return screen.has_colors 'output' end

--- Returns how many columns the terminal has, 80 where there is none.
function M.width() return screen.width 'output' end

-- Tables -------------------------------------------------------------------------------------------------------------------

local function list_of_texts(value)
  if type(value) ~= 'table' then return nil, 'expected a list of texts, got ' .. got(value) end
  for i = 1, #value do
    if type(value[i]) ~= 'string' then return nil, 'expected a text as number ' .. i .. ', got ' .. got(value[i]) end
  end
  return value
end

local OPTIONS = { columns = list_of_texts, header = list_of_texts, width = options.number(1, true) }

-- The names of the fields of rows that are records, in order.
local function names_of(rows)
  local names, seen = {}, {}
  for i = 1, min(#rows, MOST_ROWS) do
    for name in pairs(rows[i]) do
      if type(name) == 'string' and not seen[name] and #names < MOST_COLUMNS then
        seen[name] = true
        names[#names + 1] = name
      end
    end
  end
  sort(names)
  return names
end

local function shown(value)
  if value == nil then return '' end
  if type(value) == 'number' and value % 1 == 0 and value > -2 ^ 53 and value < 2 ^ 53 then return ('%d'):format(value) end
  return screen.clean(tostring(value))
end

-- The cells as texts, how wide each column is, and whether it holds numbers only.
local function cells_of(rows, keys, header)
  local cells, widths, numeric = {}, {}, {}
  for c = 1, #keys do
    widths[c], numeric[c] = header and screen.columns(header[c] or '') or 1, true
  end
  for i, row in ipairs(rows) do
    local line = {}
    for c, key in ipairs(keys) do
      local value = row[key]
      line[c] = shown(value)
      widths[c] = max(widths[c], screen.columns(line[c]))
      if value ~= nil and type(value) ~= 'number' then numeric[c] = false end
    end
    cells[i] = line
  end
  return cells, widths, numeric
end

-- Makes the widest columns narrower until all of them fit.
local function shrink(widths, width)
  local total = #GAP * (#widths - 1)
  for c = 1, #widths do
    total = total + widths[c]
  end
  while total > width do
    local widest = 1
    for c = 2, #widths do
      if widths[c] > widths[widest] then widest = c end
    end
    if widths[widest] <= NARROWEST_COLUMN then return end
    local second = NARROWEST_COLUMN
    for c = 1, #widths do
      if c ~= widest then second = max(second, min(widths[c], widths[widest] - 1)) end
    end
    local cut = min(widths[widest] - second, total - width)
    widths[widest], total = widths[widest] - cut, total - cut
  end
end

local function line_of(line, widths, numeric)
  local fitted = {}
  for c = 1, #widths do
    fitted[c] = screen.fit(line[c] or '', widths[c], numeric[c])
  end
  return (concat(fitted, GAP):gsub('%s+$', ''))
end

--- Returns rows as a text in columns, numbers at the right of theirs. A row is a list of cells, or a record, whose fields are the columns.
--- `columns` names the fields that are shown, in order, and `header` what stands above; `width` is how wide it may get, by default as
--- wide as the terminal, and without end where there is none.
---@param rows table[]
---@param given? {columns: string[]?, header: string[]?, width: integer?}
function M.table(rows, given)
  if type(rows) ~= 'table' then error('term.table: expected a list of rows, got ' .. got(rows), 2) end
  local read, wrong = options.read(given == nil and {} or given, OPTIONS, 'options')
  if not read then error('term.table: ' .. wrong, 2) end
  if #rows > MOST_ROWS then error('term.table: expected at most ' .. MOST_ROWS .. ' rows, got ' .. #rows, 2) end
  local most, records = 0, true
  for i, row in ipairs(rows) do
    if type(row) ~= 'table' then error('term.table: expected a table as row ' .. i .. ', got ' .. got(row), 2) end
    most = max(most, #row)
    records = records and row[1] == nil
  end
  local keys = read.columns or (records and #rows > 0 and names_of(rows)) or {}
  local header = read.header or (#keys > 0 and keys) or nil
  for c = 1, #keys == 0 and max(most, header and #header or 0) or 0 do
    keys[c] = c
  end
  if #keys > MOST_COLUMNS then error('term.table: expected at most ' .. MOST_COLUMNS .. ' columns, got ' .. #keys, 2) end
  local titles
  if header then
    titles = {}
    for c = 1, #keys do
      titles[c] = screen.clean(tostring(header[c] or ''))
    end
  end
  local cells, widths, numeric = cells_of(rows, keys, titles)
  local width = read.width or (screen.is_terminal 'output' and screen.width 'output')
  if width then shrink(widths, width) end
  local lines = {}
  if titles then
    lines[1] = styled(STYLES.bold, line_of(titles, widths, numeric))
    if not screen.has_colors 'output' then
      local rules = {}
      for c = 1, #widths do
        rules[c] = rep('-', widths[c])
      end
      lines[2] = concat(rules, GAP)
    end
  end
  for _, line in ipairs(cells) do
    lines[#lines + 1] = line_of(line, widths, numeric)
  end
  return concat(lines, '\n')
end

return M
