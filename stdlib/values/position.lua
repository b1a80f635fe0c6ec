-- Places in texts, as people count them.
local utf8 = require 'lua.values.utf8'

local is_utf8, byte, sub = utf8.string_is_utf8, string.byte, string.sub

local M = {}

--- Returns `line L, column C: ` for the byte that `offset` bytes stand before; columns count characters.
---@param source string
---@param offset integer
---@return string
function M.of(source, offset)
  local line, start = 1, 1
  for newline in sub(source, 1, offset):gmatch '()\n' do
    line, start = line + 1, newline + 1
  end
  local column = 1
  for i = start, offset do
    local code = byte(source, i)
    if code < 0x80 or code >= 0xc0 then column = column + 1 end
  end
  return 'line ' .. line .. ', column ' .. column .. ': '
end

--- Returns how many bytes stand before the first that is not UTF-8, or nil when all is.
---@param source string
---@return integer?
function M.not_utf8(source)
  if is_utf8(source) then return nil end
  local i = 1
  while true do
    local code = byte(source, i)
    local length = code < 0x80 and 1 or code < 0xe0 and 2 or code < 0xf0 and 3 or 4
    if length > 1 and not is_utf8(sub(source, i, i + length - 1)) then return i - 1 end
    i = i + length
  end
end

--- Names the character that `offset` bytes stand before, for a sentence.
---@param source string
---@param offset integer
---@return string
function M.seen(source, offset)
  local code = byte(source, offset + 1)
  if not code then return 'the end of the text' end
  if code < 0x20 or code == 0x7f then return ('the control character 0x%02x'):format(code) end
  local length = code < 0x80 and 1 or code < 0xe0 and 2 or code < 0xf0 and 3 or 4
  return "'" .. sub(source, offset + 1, offset + length) .. "'"
end

return M
