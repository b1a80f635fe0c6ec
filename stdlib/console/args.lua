-- The module `args`: what the words behind a script's name mean, by a description that is its help too.
local duration = require 'stdlib.values.duration'
local errors = require 'lua.values.errors'
local exits = require 'lua.values.exits'
local got = require 'lua.values.got'
local nearest = require 'lua.values.nearest'
local output = require 'lua.scripts.output'

local type, error, select, tonumber, tostring, ipairs, pairs = type, error, select, tonumber, tostring, ipairs, pairs
local concat, getinfo = table.concat, debug.getinfo

local M = {}

-- The status of a script that was given what it does not take.
local WRONG_USAGE = 2

-- Values -------------------------------------------------------------------------------------------------------------------

local TYPES = {
  string = function(text) return text end,
  number = function(text)
    local value = tonumber(text)
    if value then return value end
    return nil, 'a number'
  end,
  integer = function(text)
    local value = tonumber(text)
    if value and value % 1 == 0 then return value end
    return nil, 'a whole number'
  end,
  duration = function(text)
    local ns = duration.parse(text)
    if ns then return duration.make(ns) end
    return nil, 'a duration such as 1m30s'
  end,
}
local FIELDS = {
  type = 'string',
  help = 'string',
  metavar = 'string',
  required = 'boolean',
  many = 'boolean',
  choices = 'table',
  default = 'any',
}

local function quoted(text) return "'" .. (#text > 60 and text:sub(1, 60) .. '...' or text) .. "'" end

-- The description, checked ---------------------------------------------------------------------------------------------------

-- One word of the description: its names, its key in the result, its type ('flag' for an option without a value).
local function described(item, i)
  local function refuse(words) error('args: number ' .. i .. ' of the description: ' .. words, 5) end
  if type(item) ~= 'table' or type(item[1]) ~= 'string' then
    refuse("expected a table that begins with a name, such as { '--limit', default = 8 }, got " .. got(item))
  end
  local made = { names = {}, is_option = item[1]:sub(1, 1) == '-' }
  for n, name in ipairs(item) do
    if type(name) ~= 'string' then refuse('expected a text as name, got ' .. got(name)) end
    local fits = made.is_option and (name:find '^%-%-%w[%w_-]*$' or name:find '^%-%a$')
      or not made.is_option and n == 1 and name:find '^%a[%w_-]*$'
    if not fits then refuse('expected a name such as --limit, -l, or file, got ' .. quoted(name)) end
    made.names[n] = name
  end
  for field, value in pairs(item) do
    if type(field) ~= 'number' then
      local expected = FIELDS[field]
      if not expected then refuse("unknown field '" .. tostring(field) .. "'" .. nearest.hint_of(field, FIELDS)) end
      if expected ~= 'any' and type(value) ~= expected then
        refuse('expected a ' .. expected .. ' as ' .. field .. ', got ' .. got(value))
      end
      made[field] = value
    end
  end
  made.key = made.names[1]:gsub('^%-+', ''):gsub('-', '_')
  local guess = type(item.default) == 'number' and 'number' or type(item.default) == 'string' and 'string' or nil
  local has_value = not made.is_option or item.choices or item.many or item.required or item.metavar
  made.type = item.type or guess or (has_value and 'string' or 'flag')
  if made.type ~= 'flag' and not TYPES[made.type] then
    refuse('unknown type ' .. quoted(made.type) .. nearest.hint(made.type, { 'string', 'number', 'integer', 'duration', 'flag' }))
  end
  for _, choice in ipairs(item.choices or {}) do
    if type(choice) ~= 'string' and type(choice) ~= 'number' then refuse('expected texts as choices, got ' .. got(choice)) end
  end
  return made
end

local function read_description(spec)
  if type(spec) ~= 'table' then error('args: expected a table as the description, got ' .. got(spec), 4) end
  local made = { options = {}, positional = {}, by_name = {}, name = spec.name, about = spec.about }
  for field, value in pairs(spec) do
    if field == 'name' or field == 'about' then
      if type(value) ~= 'string' then error('args: expected a text as ' .. field .. ', got ' .. got(value), 4) end
    elseif type(field) ~= 'number' then
      error("args: unknown field '" .. tostring(field) .. "'" .. nearest.hint(field, { 'name', 'about' }), 4)
    end
  end
  for i, item in ipairs(spec) do
    local each = described(item, i)
    local list = each.is_option and made.options or made.positional
    local last = made.positional[#made.positional]
    if not each.is_option and last and last.many then
      error('args: nothing can come behind ' .. last.names[1] .. ', which takes many', 4)
    end
    list[#list + 1] = each
    for _, name in ipairs(each.is_option and each.names or {}) do
      if made.by_name[name] then error('args: the option ' .. name .. ' is described twice', 4) end
      made.by_name[name] = each
    end
  end
  return made
end

-- Help ---------------------------------------------------------------------------------------------------------------------

local function placeholder(each) return each.metavar or (each.is_option and each.key or each.names[1]):upper() end

local function usage(made, name)
  local parts = { 'usage: moonwit run ' .. (made.name or name) }
  if #made.options > 0 then parts[2] = '[OPTIONS]' end
  for _, each in ipairs(made.positional) do
    local text = placeholder(each) .. (each.many and '...' or '')
    parts[#parts + 1] = (each.required == false or each.default ~= nil) and '[' .. text .. ']' or text
  end
  return concat(parts, ' ')
end

local function explained(each)
  local notes = {}
  if each.choices then
    local texts = {}
    for i, choice in ipairs(each.choices) do
      texts[i] = tostring(choice)
    end
    notes[1] = 'one of ' .. concat(texts, ', ')
  end
  if each.default ~= nil and each.type ~= 'flag' then notes[#notes + 1] = 'default: ' .. tostring(each.default) end
  if each.is_option and each.required then notes[#notes + 1] = 'required' end
  if each.is_option and each.many then notes[#notes + 1] = 'may be repeated' end
  local note = #notes > 0 and '(' .. concat(notes, '; ') .. ')' or ''
  return (each.help or '') .. (each.help and note ~= '' and ' ' or '') .. note
end

local function section(lines, title, list)
  if #list == 0 then return end
  local left, width = {}, 0
  for i, each in ipairs(list) do
    local names = each.is_option and concat(each.names, ', ') or placeholder(each)
    left[i] = names .. (each.is_option and each.type ~= 'flag' and ' ' .. placeholder(each) or '')
    width = math.max(width, #left[i])
  end
  lines[#lines + 1] = ''
  lines[#lines + 1] = title .. ':'
  for i, each in ipairs(list) do
    lines[#lines + 1] = (('  %-' .. width .. 's  %s'):format(left[i], explained(each)):gsub('%s+$', ''))
  end
end

local HELP = { is_option = true, names = { '--help', '-h' }, key = 'help', type = 'flag', help = 'show this help' }

local function help_text(made, name)
  local lines = made.about and { usage(made, name), '', made.about } or { usage(made, name) }
  section(lines, 'arguments', made.positional)
  local all = {}
  for i, each in ipairs(made.options) do
    all[i] = each
  end
  all[#all + 1] = HELP
  section(lines, 'options', all)
  return concat(lines, '\n') .. '\n'
end

-- Reading ------------------------------------------------------------------------------------------------------------------

-- Takes a word as the value of an argument; returns what is wrong, or nil.
local function take(values, each, word, name)
  local value, expected = TYPES[each.type](word)
  if value == nil then return ('%s: expected %s, got %s'):format(name, expected, quoted(word)) end
  if each.choices then
    local fits, texts = false, {}
    for i, choice in ipairs(each.choices) do
      texts[i] = tostring(choice)
      fits = fits or choice == value
    end
    if not fits then
      return ('%s: expected one of %s, got %s%s'):format(name, concat(texts, ', '), quoted(word), nearest.hint(word, texts))
    end
  end
  if not each.many then
    values[each.key] = value
    return
  end
  values[each.key] = values[each.key] or {}
  table.insert(values[each.key], value)
end

local function take_option(made, values, words, at)
  local word = words[at]
  local name, sign, value = word:match '^(%-%-[^=]+)(=?)(.*)$'
  if not name then
    name, sign, value = word, '', ''
  end
  local each = made.by_name[name]
  if not each then return nil, 'there is no option ' .. quoted(name) .. (#name > 2 and nearest.hint_of(name, made.by_name) or '') end
  if each.type == 'flag' then
    if sign ~= '' then return nil, name .. ' takes no value' end
    values[each.key] = true
    return at + 1
  end
  if sign == '' then
    at = at + 1
    value = words[at]
    if value == nil then return nil, name .. ' needs a value' end
  end
  local wrong = take(values, each, value, name)
  if wrong then return nil, wrong end
  return at + 1
end

-- Fills in what was not given; returns what is missing, or nil.
local function complete(made, values)
  for _, each in ipairs(made.positional) do
    local optional = each.required == false or each.default ~= nil
    if values[each.key] == nil and not optional then return placeholder(each) .. ' is missing' end
  end
  for _, each in ipairs(made.options) do
    if each.required and values[each.key] == nil then return each.names[1] .. ' is missing' end
  end
  for _, list in ipairs { made.positional, made.options } do
    for _, each in ipairs(list) do
      if values[each.key] == nil then
        if each.type == 'flag' then
          values[each.key] = each.default or false
        elseif each.type == 'duration' and type(each.default) == 'string' then
          values[each.key] = duration.make(duration.parse(each.default) or 0)
        else
          values[each.key] = each.default == nil and each.many and {} or each.default
        end
      end
    end
  end
end

-- Reads words; returns the values, or nil and what is wrong; `help` for --help.
local function read(made, words, count)
  local values, at, place, only = {}, 1, 1, false
  while at <= count do
    local word = words[at]
    if type(word) ~= 'string' then return nil, 'expected texts as arguments, got ' .. got(word) end
    if not only and word == '--' then
      only, at = true, at + 1
    elseif not only and word:find '^%-.' and not tonumber(word) then
      if not made.by_name[word] and (word == '--help' or word == '-h') then return nil, 'help', true end
      local following, wrong = take_option(made, values, words, at)
      if not following then return nil, wrong end
      at = following
    else
      local each = made.positional[place]
      if not each then return nil, 'unexpected argument ' .. quoted(word) end
      local wrong = take(values, each, word, placeholder(each))
      if wrong then return nil, wrong end
      if not each.many then place = place + 1 end
      at = at + 1
    end
  end
  local missing = complete(made, values)
  if missing then return nil, missing end
  return values
end

-- The name of the script that asks.
local function script_name()
  local source = getinfo(3, 'S').source
  return source:match '^@(.*)$' or 'SCRIPT'
end

--- Returns the values of the words by the names in the description; `-` in a name becomes `_`. For what does not fit it says so on
--- standard error and ends the script with status 2; for `--help` it prints the help and ends it with 0.
---@param spec table
---@param ... string
function M.parse(spec, ...)
  local made, name = read_description(spec), script_name()
  local values, wrong, wants_help = read(made, { ... }, select('#', ...))
  if values then return values end
  if wants_help then
    output.write_out(help_text(made, name))
    error(exits.new(0), 0)
  end
  output.flush()
  output.complain((made.name or name) .. ': ' .. wrong .. '\n' .. usage(made, name) .. '  (--help says more)\n')
  error(exits.new(WRONG_USAGE), 0)
end

--- Returns the values as `parse` does, or nil and an error of kind Invalid.
---@param spec table
---@param ... string
function M.read(spec, ...)
  local made = read_description(spec)
  local values, wrong = read(made, { ... }, select('#', ...))
  if values then return values end
  if wrong == 'help' then wrong = "there is no option '--help'" end
  return nil, errors.make { message = wrong, kind = errors.kinds.INVALID }
end

--- Returns the help of a description as text.
---@param spec table
function M.help(spec) return help_text(read_description(spec), script_name()) end

return M
