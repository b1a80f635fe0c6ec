-- Headers as guests set them, by wasi:http of 0.2 and 0.3: lists of pairs of name and value.

local lower, find = string.lower, string.find

local M = {}

--- What is wrong with a header.
M.SYNTAX, M.FORBIDDEN, M.IMMUTABLE, M.SIZE = 0, 1, 2, 3

--- Headers that are of the connection, and so of the host.
---@type table<string, true>
M.IS_FORBIDDEN = {}
local CONNECTION = 'connection host http2-settings keep-alive proxy-connection proxy-authenticate proxy-authorization te '
  .. 'transfer-encoding upgrade'
for name in CONNECTION:gmatch '%S+' do
  M.IS_FORBIDDEN[name] = true
end

--- How many headers a guest may set.
M.MOST = 1000
local LONGEST_NAME, LONGEST_VALUE = 200, 16384

--- Tells whether a text is a token, as names of headers and methods are.
---@param text string
---@return boolean
function M.is_token(text) return find(text, "^[%w!#$%%&'*+.^_`|~-]+$") ~= nil end

--- Gives what is wrong with a header, or nil.
---@param name string
---@param value string?
---@return integer?
function M.wrong(name, value)
  if #name > LONGEST_NAME or value and #value > LONGEST_VALUE then return M.SIZE end
  if not M.is_token(name) or value and find(value, '[%z\1-\8\10-\31\127]') then return M.SYNTAX end
  if M.IS_FORBIDDEN[lower(name)] then return M.FORBIDDEN end
end

--- Gives what is wrong with one of several headers, or with their number, where `count` are there.
---@param rows string[][]
---@param count integer
---@return integer?
function M.wrong_of(rows, count)
  for i = 1, #rows do
    local problem = M.wrong(rows[i][1], rows[i][2])
    if problem then return problem end
  end
  if count + #rows > M.MOST then return M.SIZE end
end

--- Gives the values of a name.
---@param list string[][]
---@param name string
---@return string[]
function M.values_of(list, name)
  local found = {}
  name = lower(name)
  for i = 1, #list do
    if lower(list[i][1]) == name then found[#found + 1] = list[i][2] end
  end
  return found
end

--- Gives a copy of a list, without one name where it is given.
---@param list string[][]
---@param name string?
---@return string[][]
function M.copy(list, name)
  local out = {}
  name = name and lower(name)
  for i = 1, #list do
    if lower(list[i][1]) ~= name then out[#out + 1] = list[i] end
  end
  return out
end

--- Gives the headers of a message that are not of its connection.
---@param list string[][]
---@return string[][]
function M.passed_on(list)
  local out = {}
  for i = 1, #list do
    if not M.IS_FORBIDDEN[lower(list[i][1])] then out[#out + 1] = list[i] end
  end
  return out
end

--- Gives what headers say of the body's length: nil for nothing; false when it is not a number, or several.
---@param list string[][]
---@return number|false|nil
function M.length_of(list)
  local found
  for _, text in ipairs(M.values_of(list, 'content-length')) do
    local value = text:match '^%d+$' and #text <= 15 and tonumber(text)
    if not value or found and found ~= value then return false end
    found = value
  end
  return found
end

return M
