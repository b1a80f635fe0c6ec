-- Regular expressions as Go has them, by RE2: a pattern can't make a search explode.
local bounds = require 'stdlib.data.bounds'
local buffer = require 'string.buffer'
local callbacks = require 'lua.lane.ask'
local dispatcher = require 'lua.dispatcher.dispatcher'
local ffi = require 'ffi'
local object = require 'stdlib.fs.object'

local type, error, tonumber = type, error, tonumber
local sub, byte, match = string.sub, string.byte, string.match
local places_type = ffi.typeof 'const int64_t *'

local M = {}

-- Patterns and texts of so many bytes are searched in the lane.
local SHORT_PATTERN, SHORT = 512, 2048
local LONGEST_PATTERN, LONGEST = 64 * 1024, 256 * 1024 * 1024
-- Others run after so many matches.
local TURN = 16384

local class = object.class('Regexp', 'a regular expression', function(state) return 'Regexp (' .. state.pattern:sub(1, 60) .. ')' end)
local methods = class.methods

local function where(pattern, text) return #pattern <= SHORT_PATTERN and #text <= SHORT and 'here' or 'thread' end

--- Returns a regular expression of RE2's syntax, or nil and an error.
---@param pattern string
---@return any
---@return any err
function M.compile(pattern)
  bounds.text(pattern, 'text.regexp.compile', 'pattern')
  local problem = bounds.too_long(pattern, 'text.regexp.compile', LONGEST_PATTERN)
  if problem then return nil, problem end
  local known, why = callbacks.perform(where(pattern, ''), 'text.regexp.compile', pattern)
  if not known then return nil, why end
  return class.new { pattern = pattern, groups = known.groups, names = known.names }
end

local function checked(value, text, name)
  local state = class.state(value)
  if not state then error('re:' .. name .. ' is called on ' .. object.described(value) .. ', write re:' .. name .. '(...)', 3) end
  bounds.text(text, 're:' .. name, 'text')
  return state
end

-- The places of matches, `width` pairs each, and the number of matches; or nil and an error.
local function places_of(state, text, most, groups, name)
  local problem = bounds.too_long(text, 're:' .. name, LONGEST)
  if problem then return nil, problem end
  local packed, why = callbacks.perform(where(state.pattern, text), 'text.regexp.places', state.pattern, text, most, groups)
  if not packed then return nil, why end
  local width = groups and state.groups + 1 or 1
  -- The string is kept by its caller for as long as the pointer is used.
  return { packed = packed, at = ffi.cast(places_type, packed), count = #packed / 16 / width, width = width }
end

local function part(places, text, index)
  local first = tonumber(places.at[index * 2])
  return first < 0 and '' or sub(text, first + 1, tonumber(places.at[index * 2 + 1]))
end

local function give_way(i, name)
  if i % TURN ~= 0 or not dispatcher.current() then return end
  local problem = dispatcher.sleep(0, name)
  if problem then error(problem, 0) end
end

local function groups_of(places, text, i)
  local list = {}
  for group = 0, places.width - 1 do
    list[group + 1] = part(places, text, i * places.width + group)
  end
  return list
end

local function pair_of(places, _, i) return { tonumber(places.at[i * 2]) + 1, tonumber(places.at[i * 2 + 1]) } end

-- A list of what `shown` gives of each match.
local function all(state, text, groups, shown, name)
  local places, problem = places_of(state, text, -1, groups, name)
  if not places then return nil, problem end
  local list = {}
  for i = 0, places.count - 1 do
    list[i + 1] = shown(places, text, i)
    give_way(i + 1, name)
  end
  return list
end

local function first(state, text, groups, shown, name)
  local places, problem = places_of(state, text, 1, groups, name)
  if not places then return nil, problem end
  if places.count == 0 then return nil end
  return shown(places, text, 0)
end

--- Says whether the pattern is somewhere in a text.
function methods.match_string(re, text)
  local state = checked(re, text, 'match_string')
  local problem = bounds.too_long(text, 're:match_string', LONGEST)
  if problem then return nil, problem end
  return callbacks.perform(where(state.pattern, text), 'text.regexp.matches', state.pattern, text)
end

--- Returns the first match, or nil.
function methods.find_string(re, text) return first(checked(re, text, 'find_string'), text, false, part, 'find_string') end

--- Returns a list of all matches.
function methods.find_all_string(re, text) return all(checked(re, text, 'find_all_string'), text, false, part, 'find_all_string') end

--- Returns a list of the first match and its groups, or nil. A group that has no part in it is empty.
function methods.find_string_submatch(re, text)
  return first(checked(re, text, 'find_string_submatch'), text, true, groups_of, 'find_string_submatch')
end

--- Returns a list of the lists that `find_string_submatch` gives, for all matches.
function methods.find_all_string_submatch(re, text)
  return all(checked(re, text, 'find_all_string_submatch'), text, true, groups_of, 'find_all_string_submatch')
end

--- Returns the places of the first and the last byte of the first match, counted from 1, or nil.
function methods.find_string_index(re, text)
  local state = checked(re, text, 'find_string_index')
  return first(state, text, false, pair_of, 'find_string_index')
end

--- Returns a list of the places of all matches, or nil when there are none.
function methods.find_all_string_index(re, text)
  local list, problem = all(checked(re, text, 'find_all_string_index'), text, false, pair_of, 'find_all_string_index')
  if list and list[1] == nil then return nil end
  return list, problem
end

-- The replacement as a list of texts and numbers of groups: `$1`, `${1}`, `$name`, `${name}`, and `$$` for a dollar.
local function template(state, replacement)
  local parts, at = {}, 1
  while true do
    local dollar = replacement:find('$', at, true)
    if not dollar then break end
    parts[#parts + 1] = sub(replacement, at, dollar - 1)
    local name, last = match(replacement, '^{([%w_]+)}()', dollar + 1)
    if not name then
      name, last = match(replacement, '^([%w_]+)()', dollar + 1)
    end
    if name then
      local group = name:find '^%d+$' and tonumber(name) or nil
      for i, known in ipairs(state.names) do
        if known == name then group = i - 1 end
      end
      if group and group <= state.groups then parts[#parts + 1] = group end
      at = last
    else
      parts[#parts + 1] = '$'
      at = byte(replacement, dollar + 1) == 36 and dollar + 2 or dollar + 1
    end
  end
  parts[#parts + 1] = sub(replacement, at)
  return parts
end

--- Returns a text with all matches replaced, or nil and an error. `$1` or `${name}` stand for groups, `$$` for a dollar.
function methods.replace_all_string(re, text, replacement)
  local state = checked(re, text, 'replace_all_string')
  local parts = template(state, bounds.text(replacement, 're:replace_all_string', 'replacement'))
  local places, problem = places_of(state, text, -1, true, 'replace_all_string')
  if not places then return nil, problem end
  local out, at = buffer.new(), 1
  for i = 0, places.count - 1 do
    local start = i * places.width
    out:put(sub(text, at, tonumber(places.at[start * 2])))
    for _, each in ipairs(parts) do
      out:put(type(each) == 'string' and each or part(places, text, start + each))
    end
    if #out > LONGEST then return nil, bounds.invalid('re:replace_all_string', 'the result has more than ' .. LONGEST .. ' bytes') end
    at = tonumber(places.at[start * 2 + 1]) + 1
    give_way(i + 1, 'replace_all_string')
  end
  out:put(sub(text, at))
  return out:get()
end

--- Returns a list of the parts of a text between matches, at most `n`; -1, the default, stands for all of them.
function methods.split(re, text, n)
  local state = checked(re, text, 'split')
  n = n == nil and -1 or n
  if type(n) ~= 'number' then error('re:split: expected a number as the most parts', 2) end
  if n == 0 then return {} end
  if text == '' and state.pattern ~= '' then return { '' } end
  local places, problem = places_of(state, text, n, false, 'split')
  if not places then return nil, problem end
  local list, count, from, last = {}, 0, 0, 0
  for i = 0, places.count - 1 do
    if n > 0 and count == n - 1 then break end
    local start, behind = tonumber(places.at[i * 2]), tonumber(places.at[i * 2 + 1])
    last = start
    if behind ~= 0 then
      count = count + 1
      list[count] = sub(text, from + 1, start)
    end
    from = behind
    give_way(i + 1, 'split')
  end
  if last ~= #text then list[count + 1] = sub(text, from + 1) end
  return list
end

local function state_of(re, name)
  local state = class.state(re)
  if not state then error('re:' .. name .. ' is called on ' .. object.described(re) .. ', write re:' .. name .. '()', 3) end
  return state
end

--- Returns how many groups there are.
function methods.num_subexp(re) return state_of(re, 'num_subexp').groups end

--- Returns a list of the groups' names, the whole match first; those without one are empty.
function methods.subexp_names(re)
  local names = {}
  for i, name in ipairs(state_of(re, 'subexp_names').names) do
    names[i] = name
  end
  return names
end

--- Returns the pattern.
function methods.string(re) return state_of(re, 'string').pattern end

return M
