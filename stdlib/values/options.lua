-- Tables of options: which there are, what each may be, and the sentence for one that is wrong.
local duration = require 'stdlib.values.duration'
local got = require 'lua.values.got'
local nearest = require 'lua.values.nearest'

local type, pairs, tostring, tonumber, huge = type, pairs, tostring, tonumber, math.huge

local M = {}

-- Readers of options: each gives the value, or nil and what is wrong.

--- Reads a duration of 0 or longer, in nanoseconds.
---@param value any
---@return number?
---@return string?
function M.duration(value)
  local ns, wrong = duration.of(value)
  if not ns then return nil, wrong end
  if ns < 0 then return nil, 'expected a duration of 0 or longer, got ' .. tostring(value) end
  return tonumber(ns)
end

--- Reads a time to wait longer than 0, in nanoseconds; a number is seconds.
---@param value any
---@return number?
---@return string?
function M.timeout(value)
  if type(value) == 'number' then value = value * 1e9 end
  local ns, wrong = M.duration(value)
  if ns == 0 then return nil, 'expected a duration longer than 0, got ' .. tostring(value) end
  return ns, wrong
end

--- Makes a reader of numbers of at least `least`.
---@param least number
---@param whole? boolean
---@return fun(value: any): number?, string?
function M.number(least, whole)
  return function(value)
    if type(value) ~= 'number' or value ~= value or value < least or value == huge or whole and value % 1 ~= 0 then
      return nil,
        ('expected a %snumber of at least %g, got %s'):format(
          whole and 'whole ' or '',
          least,
          type(value) == 'number' and value or got(value)
        )
    end
    return value
  end
end

--- Makes a reader of words.
---@param ... string
---@return fun(value: any): string?, string?
function M.word(...)
  local words = { ... }
  return function(value)
    for _, word in pairs(words) do
      if value == word then return value end
    end
    local shown = type(value) == 'string' and "'" .. value:sub(1, 40) .. "'" or got(value)
    return nil, "expected '" .. table.concat(words, "' or '") .. "', got " .. shown
  end
end

--- Makes a reader of values of a type.
---@param kind string
---@return fun(value: any): any, string?
function M.of(kind)
  return function(value)
    if type(value) == kind then return value end
    return nil, 'expected a ' .. kind .. ', got ' .. got(value)
  end
end

--- Reads a table of options by the readers of those that are known; returns nil and what is wrong. `what` names the table.
---@param given any
---@param known table<string, fun(value: any): any, string?>
---@param what string
---@return table?
---@return string?
function M.read(given, known, what)
  if type(given) ~= 'table' then return nil, 'expected a table as ' .. what .. ', got ' .. got(given) end
  local options = {}
  for name, value in pairs(given) do
    local reader = known[name]
    if not reader then return nil, ("%s has no option '%s'%s"):format(what, tostring(name), nearest.hint_of(name, known)) end
    local result, wrong = reader(value)
    if result == nil then return nil, ('%s.%s: %s'):format(what, name, wrong) end
    options[name] = result
  end
  return options
end

return M
