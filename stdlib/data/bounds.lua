-- What modules for data take, and where they have it done.
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local nearest = require 'lua.values.nearest'

local type, error, pairs, tostring = type, error, pairs, tostring

local M = {}

--- Texts of so many bytes are read in the lane: that takes about a millisecond. Longer ones are read elsewhere.
M.SHORT = 2048

--- How long a text may be, in bytes.
M.LONGEST = 64 * 1024 * 1024

--- Returns an argument that must be a string; raises for anything else, at the caller of `name`.
---@param value any
---@param name string
---@param what string
---@return string
function M.text(value, name, what)
  if type(value) == 'string' then return value end
  error(name .. ': expected a string as the ' .. what .. ', got ' .. got(value), 3)
end

--- Returns an error of kind Invalid.
---@param name string
---@param sentence string
---@return Error
function M.invalid(name, sentence) return errors.make { kind = errors.kinds.INVALID, message = name .. ': ' .. sentence } end

--- Says what is wrong with the length of a text, or returns nil.
---@param text string
---@param name string
---@param most? integer
---@return Error?
function M.too_long(text, name, most)
  most = most or M.LONGEST
  if #text <= most then return nil end
  return M.invalid(name, ('the text has %d bytes, and at most %d are taken'):format(#text, most))
end

--- Returns the options of a call, checked: `types` has the type of each by its name. Raises for what is not one of them.
---@param options any
---@param name string
---@param types table<string, string>
---@return table
function M.options(options, name, types)
  if options == nil then return {} end
  if type(options) ~= 'table' then error(name .. ': expected a table as the options, got ' .. got(options), 3) end
  for key, value in pairs(options) do
    local wanted = types[key]
    if not wanted then
      local names = {}
      for known in pairs(types) do
        names[#names + 1] = known
      end
      error(name .. ": unknown option '" .. tostring(key) .. "'" .. nearest.hint(key, names), 3)
    end
    if type(value) ~= wanted then error(name .. ': expected a ' .. wanted .. ' as `' .. key .. '`, got ' .. got(value), 3) end
  end
  return options
end

return M
