-- The module `text`: regular expressions in linear time, differences of texts, and texts in parts.
local bounds = require 'stdlib.data.bounds'
local diff = require 'stdlib.data.text.diff'
local regexp = require 'stdlib.data.text.regexp'
local splitter = require 'stdlib.data.text.splitter'

local error, find, sub, type = error, string.find, string.sub, type

local M = { regexp = regexp, diff = diff, splitter = splitter }

--- Returns the parts of a text between separators, which are plain text, at most `most` of them: the last holds the rest.
---@param text string
---@param separator string
---@param most integer?
---@return any
function M.split(text, separator, most)
  bounds.text(text, 'text.split', 'text')
  bounds.text(separator, 'text.split', 'separator')
  if separator == '' then error('text.split: the separator must not be empty', 2) end
  if most ~= nil and (type(most) ~= 'number' or most < 1) then error('text.split: expected a number from 1 on as the most parts', 2) end
  local parts, count, at = {}, 0, 1
  while not most or count < most - 1 do
    local first, last = find(text, separator, at, true)
    if not first then break end
    count = count + 1
    parts[count], at = sub(text, at, first - 1), last + 1
  end
  parts[count + 1] = sub(text, at)
  return parts
end

--- Returns a text without the white space at its ends, or without the bytes of `characters`.
---@param text string
---@param characters string?
---@return any
function M.trim(text, characters)
  bounds.text(text, 'text.trim', 'text')
  local taken = {}
  local set = bounds.text(characters == nil and ' \t\r\n\v\f' or characters, 'text.trim', 'characters')
  for i = 1, #set do
    taken[set:byte(i)] = true
  end
  local first, last = 1, #text
  while first <= last and taken[text:byte(first)] do
    first = first + 1
  end
  while last >= first and taken[text:byte(last)] do
    last = last - 1
  end
  return sub(text, first, last)
end

return M
