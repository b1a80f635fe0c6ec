-- Texts in chunks of bounded length, cut where it hurts least: between paragraphs, then lines, then words.
local bounds = require 'stdlib.data.bounds'
local got = require 'lua.values.got'
local object = require 'stdlib.fs.object'

local type, error, ipairs, concat = type, error, ipairs, table.concat
local find, sub = string.find, string.sub

local M = {}

local class = object.class('Splitter', 'a splitter', function() return 'Splitter' end)
local methods = class.methods

local TYPES = { chunk_size = 'number', chunk_overlap = 'number', keep_separator = 'boolean', separators = 'table' }
local SEPARATORS = { '\n\n', '\n', ' ', '' }

-- The characters of a text, not its bytes.
local function length(text)
  local _, following = text:gsub('[\128-\191]', '')
  return #text - following
end

--- Returns a splitter: `chunk_size` (512) is how many characters a chunk has at most, `chunk_overlap` (100) how many of one come again in
-- the next, `separators` where to cut, the best place first, and with `keep_separator` they begin the part behind them.
---@param options table?
---@return any
---@return any err
function M.recursive(options)
  local given = bounds.options(options, 'text.splitter.recursive', TYPES)
  local size, overlap = given.chunk_size or 512, given.chunk_overlap or 100
  if given.chunk_overlap == nil and overlap >= size then overlap = 0 end
  if size < 1 or size % 1 ~= 0 then return nil, bounds.invalid('text.splitter.recursive', 'chunk_size must be a whole number from 1 on') end
  if overlap < 0 or overlap >= size then
    return nil, bounds.invalid('text.splitter.recursive', 'chunk_overlap must be a number from 0 on and below chunk_size')
  end
  local separators = {}
  for i, separator in ipairs(given.separators or SEPARATORS) do
    separators[i] = bounds.text(separator, 'text.splitter.recursive', 'separator')
  end
  return class.new { size = size, overlap = overlap, keep = given.keep_separator or false, separators = separators }
end

-- The parts of a text, by characters for an empty separator.
local function parts_of(text, separator, keep)
  local parts, at, from = {}, 1, 1
  if separator == '' then
    for character in text:gmatch '[%z\1-\127\192-\255][\128-\191]*' do
      parts[#parts + 1] = character
    end
    return parts
  end
  while true do
    local first, last = find(text, separator, from, true)
    if not first then break end
    parts[#parts + 1] = sub(text, at, first - 1)
    at, from = keep and first or last + 1, last + 1
  end
  parts[#parts + 1] = sub(text, at)
  return parts
end

-- Puts parts together to chunks that are as long as they may be; what the overlap takes of one begins the next.
local function merge(state, chunks, parts, separator)
  local joint = length(separator)
  local first, count, total, lengths = 1, 0, 0, {}
  local function flush(last)
    local chunk = concat(parts, separator, first, last):match '^%s*(.-)%s*$'
    if chunk ~= '' then chunks[#chunks + 1] = chunk end
  end
  for i, part in ipairs(parts) do
    lengths[i] = length(part)
    if count > 0 and total + joint + lengths[i] > state.size then
      flush(i - 1)
      while count > 0 and (total > state.overlap or total + joint + lengths[i] > state.size) do
        total = total - lengths[first] - (count > 1 and joint or 0)
        first, count = first + 1, count - 1
      end
    end
    total = total + lengths[i] + (count > 0 and joint or 0)
    count = count + 1
  end
  if count > 0 then flush(#parts) end
end

local function split(state, chunks, text, level)
  local separator = state.separators[level] or ''
  while state.separators[level + 1] and separator ~= '' and not find(text, separator, 1, true) do
    level = level + 1
    separator = state.separators[level]
  end
  local joint = state.keep and '' or separator
  local good = {}
  for _, part in ipairs(parts_of(text, separator, state.keep)) do
    if length(part) <= state.size then
      -- Nothing stands between two separators side by side.
      if part ~= '' then good[#good + 1] = part end
    else
      merge(state, chunks, good, joint)
      good = {}
      if state.separators[level + 1] then
        split(state, chunks, part, level + 1)
      else
        chunks[#chunks + 1] = part
      end
    end
  end
  merge(state, chunks, good, joint)
  return chunks
end

local function checked(splitter, name)
  local state = class.state(splitter)
  if not state then
    error('splitter:' .. name .. ' is called on ' .. object.described(splitter) .. ', write splitter:' .. name .. '(...)', 3)
  end
  return state
end

-- What splitting in the lane takes about a tenth of a second for.
local LONGEST = 4 * 1024 * 1024

--- Returns a list of the chunks of a text, or nil and an error.
function methods.split_text(splitter, text)
  local state = checked(splitter, 'split_text')
  local problem = bounds.too_long(bounds.text(text, 'splitter:split_text', 'text'), 'splitter:split_text', LONGEST)
  if problem then return nil, problem end
  return split(state, {}, text, 1)
end

--- Returns a list of `{content, metadata}` of the chunks of all `pages`, which are such tables too; or nil and an error.
function methods.split_batch(splitter, pages)
  local state = checked(splitter, 'split_batch')
  if type(pages) ~= 'table' then error('splitter:split_batch: expected a list of pages, got ' .. got(pages), 2) end
  local chunks = {}
  for i, page in ipairs(pages) do
    if type(page) ~= 'table' or type(page.content) ~= 'string' then
      error('splitter:split_batch: expected {content, metadata} at ' .. i .. ', got ' .. got(page), 2)
    end
    local problem = bounds.too_long(page.content, 'splitter:split_batch', LONGEST)
    if problem then return nil, problem end
    for _, chunk in ipairs(split(state, {}, page.content, 1)) do
      chunks[#chunks + 1] = { content = chunk, metadata = page.metadata }
    end
  end
  return chunks
end

return M
