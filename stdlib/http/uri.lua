-- Percent-encoding and queries: RFC 3986, and `application/x-www-form-urlencoded` of the URL standard.
local byte, char, format, tonumber, type, pairs, sort = string.byte, string.char, string.format, tonumber, type, pairs, table.sort
local tostring, concat = tostring, table.concat

local M = {}

local function escaped(c) return format('%%%02X', byte(c)) end
local function plain(digits) return char(tonumber(digits, 16)) end

--- Returns text with everything escaped that is not a letter, a digit or one of `-._~`.
function M.encode(text)
  return (text:gsub('[^%w%-._~]', escaped))
end

--- Returns text without its escapes; a `%` that begins none stays.
function M.decode(text)
  return (text:gsub('%%(%x%x)', plain))
end

local function form_decode(text)
  return M.decode((text:gsub('%+', ' ')))
end

--- Returns the pairs of a query or a form, each a table of name and value, in their order.
function M.pairs(text)
  local found = {}
  for piece in text:gmatch '[^&]+' do
    local name, value = piece:match '^([^=]*)=?(.*)$'
    found[#found + 1] = { form_decode(name), form_decode(value) }
  end
  return found
end

local SCALAR = { string = true, number = true, boolean = true }

-- One value as text, or nil and a sentence.
local function text_of(name, value)
  if SCALAR[type(value)] then return tostring(value) end
  return nil, ('the value of %q is a %s, not a string, a number or a boolean'):format(name, type(value))
end

--- Returns a table as a query or a form, names in order; a sequence as a value repeats its name. Or nil and a sentence.
function M.query(values)
  local names = {}
  for name in pairs(values) do
    if type(name) ~= 'string' then return nil, 'the names must be strings, not a ' .. type(name) end
    names[#names + 1] = name
  end
  sort(names)
  local pieces = {}
  for _, name in ipairs(names) do
    local value = values[name]
    for _, one in ipairs(type(value) == 'table' and value or { value }) do
      local text, problem = text_of(name, one)
      if not text then return nil, problem end
      pieces[#pieces + 1] = M.encode(name) .. '=' .. M.encode(text)
    end
  end
  return concat(pieces, '&')
end

return M
