-- The module `compress`: gzip, zlib, deflate, brotli and zstd. What comes out of compressed data is bounded.
local bounds = require 'stdlib.data.bounds'
local callbacks = require 'lua.lane.ask'
local got = require 'lua.values.got'

local type, error, ipairs = type, error, ipairs
local perform = callbacks.perform

local M = {} ---@type table<string, table>

local LONGEST = 256 * 1024 * 1024
local MOST, MOST_EVER = 128 * 1024 * 1024, 1024 * 1024 * 1024

-- The lowest, the highest and the usual level of each.
local LEVELS = { gzip = { 1, 9, 6 }, zlib = { 1, 9, 6 }, deflate = { 1, 9, 6 }, brotli = { 0, 11, 6 }, zstd = { 1, 22, 3 } }

local function whole(value, low, high) return value % 1 == 0 and value >= low and value <= high end

local function wrong(name, field, low, high)
  return bounds.invalid(name, ('%s must be a whole number from %d to %d'):format(field, low, high))
end

-- What holds for all data: some, and not too much.
local function problem_of(data, name)
  if data == '' then return bounds.invalid(name, 'the data is empty') end
  return bounds.too_long(data, name, LONGEST)
end

-- A few bytes are done in the lane; brotli and zstd make megabytes of them.
local function where(algorithm, data) return #data <= bounds.SHORT and LEVELS[algorithm][2] == 9 and 'here' or 'thread' end

for algorithm, levels in pairs(LEVELS) do
  local encoding, decoding = { level = 'number' }, { max_size = 'number' }
  if algorithm == 'zstd' then
    encoding.dict, decoding.dict = 'string', 'string'
  end
  local class = {}
  rawset(M, algorithm, class)

  --- Returns data compressed, or nil and an error. `options.level` says how hard to try.
  function class.encode(data, options)
    local name = 'compress.' .. algorithm .. '.encode'
    bounds.text(data, name, 'data')
    local given = bounds.options(options, name, encoding)
    local level = given.level or levels[3]
    if not whole(level, levels[1], levels[2]) then return nil, wrong(name, 'level', levels[1], levels[2]) end
    local problem = problem_of(data, name)
    if problem then return nil, problem end
    return perform(where(algorithm, data), 'compress.encode', algorithm, data, level, given.dict)
  end

  --- Returns what was compressed, or nil and an error. `options.max_size` is how many bytes it may have: 128 MiB, or up to 1 GiB.
  function class.decode(data, options)
    local name = 'compress.' .. algorithm .. '.decode'
    bounds.text(data, name, 'data')
    local given = bounds.options(options, name, decoding)
    local most = given.max_size or MOST
    if not whole(most, 1, MOST_EVER) then return nil, wrong(name, 'max_size', 1, MOST_EVER) end
    local problem = problem_of(data, name)
    if problem then return nil, problem end
    return perform(where(algorithm, data), 'compress.decode', algorithm, data, most, given.dict)
  end
end

local TRAINING = { size = 'number', id = 'number', level = 'number' }

--- Returns a dictionary for many small and similar texts, made of samples of them, or nil and an error.
function M.zstd.train_dict(samples, options)
  local name = 'compress.zstd.train_dict'
  if type(samples) ~= 'table' then error(name .. ': expected a list of samples, got ' .. got(samples), 2) end
  local given = bounds.options(options, name, TRAINING)
  local total, long = 0, false
  for i, sample in ipairs(samples) do
    if type(sample) ~= 'string' then error(name .. ': expected strings as samples, got ' .. got(sample) .. ' at ' .. i, 2) end
    total, long = total + #sample, long or #sample >= 8
  end
  local size, id, level = given.size or 114688, given.id or 0, given.level or 3
  if not whole(size, 256, 1048576) then return nil, wrong(name, 'size', 256, 1048576) end
  if not whole(id, 0, 2 ^ 31 - 1) then return nil, wrong(name, 'id', 0, 2 ^ 31 - 1) end
  if not whole(level, 1, 22) then return nil, wrong(name, 'level', 1, 22) end
  if not long then return nil, bounds.invalid(name, 'expected a sample of 8 bytes or more') end
  if total > bounds.LONGEST then return nil, bounds.invalid(name, 'the samples have more than ' .. bounds.LONGEST .. ' bytes') end
  return perform('apart', 'compress.train', samples, size, id, level)
end

--- Returns the `id` and the `content_size`, in bytes, of a dictionary, or nil and an error.
function M.zstd.inspect_dict(dict)
  local problem = problem_of(bounds.text(dict, 'compress.zstd.inspect_dict', 'dictionary'), 'compress.zstd.inspect_dict')
  if problem then return nil, problem end
  return perform('thread', 'compress.inspect', dict)
end

return M
