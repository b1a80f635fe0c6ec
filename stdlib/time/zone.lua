-- Time zones: fixed ones, and the system's, read from its zone files (TZif, RFC 9636).
local rules = require 'stdlib.time.rule'
local errors = require 'lua.values.errors'

local newproxy, getmetatable, type, pairs, ipairs, error = newproxy, getmetatable, type, pairs, ipairs, error
local getfields, setfields = debug.getfenv, debug.setfenv
local open, getenv = io.open, os.getenv
local floor = math.floor

local M = {}

local FOLDERS = { '/usr/share/zoneinfo/', '/usr/share/lib/zoneinfo/', '/usr/lib/locale/TZ/', '/etc/zoneinfo/' }
local LARGEST_FILE = 512 * 1024
local MOST_KNOWN = 1000

local PROTOTYPE = newproxy(true)
local META = getmetatable(PROTOTYPE)
META.__metatable = 'location'
META.__newindex = function() error("a Location can't be changed", 2) end

local function make(fields)
  local value = newproxy(PROTOTYPE)
  setfields(value, fields)
  return value
end

--- Says whether a value is a location.
---@param value any
---@return boolean
function M.is(value) return type(value) == 'userdata' and getmetatable(value) == 'location' end

local methods = {}

--- Returns the name of a location.
function methods.string(location)
  if not M.is(location) then error('location:string() is called on a ' .. type(location) .. ', write location:string()', 2) end
  return getfields(location).name
end

META.__index = methods
META.__tostring = function(location) return getfields(location).name end
META.__eq = function(a, b) return getfields(a).name == getfields(b).name and getfields(a).fixed == getfields(b).fixed end

--- Makes a zone that is always `offset` seconds east of UTC.
---@param name string
---@param offset number
---@return userdata
function M.fixed(name, offset) return make { name = name, fixed = { offset = offset, name = name, is_dst = false } } end

M.UTC = M.fixed('UTC', 0)

-- Zone files -----------------------------------------------------------------------------------------------------

local function unsigned(text, at)
  local a, b, c, d = text:byte(at, at + 3)
  return a * 16777216 + b * 65536 + c * 256 + d
end

local function signed(text, at)
  local value = unsigned(text, at)
  return value >= 2 ^ 31 and value - 2 ^ 32 or value
end

local function header(text, at)
  if text:sub(at, at + 3) ~= 'TZif' or #text < at + 43 then return nil end
  return {
    isutc = unsigned(text, at + 20),
    isstd = unsigned(text, at + 24),
    leaps = unsigned(text, at + 28),
    times = unsigned(text, at + 32),
    types = unsigned(text, at + 36),
    chars = unsigned(text, at + 40),
  }
end

local function size(head, width)
  return head.times * (width + 1) + head.types * 6 + head.chars + head.leaps * (width + 4) + head.isstd + head.isutc
end

-- The transitions and types in a zone file, or nil when it is none.
local function decode(text)
  local head, at, width = header(text, 1), 45, 4
  if not head then return nil end
  if text:byte(5) >= 50 then
    -- From version 2 on everything comes again, with 64-bit times.
    at = at + size(head, 4)
    head = header(text, at)
    if not head then return nil end
    at, width = at + 44, 8
  end
  if head.types == 0 or #text < at + size(head, width) - 1 then return nil end
  local zone = { times = {}, kinds = {} }
  local kinds_at = at + head.times * width
  local types_at = kinds_at + head.times
  local chars_at = types_at + head.types * 6
  local types = {}
  for i = 0, head.types - 1 do
    local p = types_at + i * 6
    local name_at = chars_at + text:byte(p + 5)
    if name_at >= chars_at + head.chars then return nil end
    types[i] = { offset = signed(text, p), is_dst = text:byte(p + 4) == 1, name = text:match('^[^%z]*', name_at) }
  end
  for i = 0, head.times - 1 do
    local p = at + i * width
    zone.times[i + 1] = width == 8 and signed(text, p) * 2 ^ 32 + unsigned(text, p + 4) or signed(text, p)
    zone.kinds[i + 1] = types[text:byte(kinds_at + i)]
    if not zone.kinds[i + 1] then return nil end
  end
  zone.first = types[0]
  for i = 0, head.types - 1 do
    if not types[i].is_dst then
      zone.first = types[i]
      break
    end
  end
  if width == 8 then
    local footer = text:match('^\n([^\n]*)\n', at + size(head, 8))
    zone.rule = footer and footer ~= '' and rules.parse(footer) or nil
  end
  return zone
end

local function read(path)
  local file = open(path, 'rb')
  if not file then return nil end
  local text = file:read(LARGEST_FILE)
  file:close()
  return text and decode(text)
end

local known, count = {}, 0

--- Returns a location of the system by its name ("Europe/Berlin"), or nil and an error.
---@param name string
---@return userdata?
---@return Error|string|nil
function M.load(name)
  if name == 'UTC' then return M.UTC end
  if name == 'Local' then return M.here() end
  if known[name] then return known[name] end
  -- A name is never a way to another file: no dots, no empty parts.
  if #name > 100 or not name:find '^[%w_+-]+[%w_+/-]*$' or name:find('//', 1, true) then
    return nil,
      errors.make {
        message = "time.load_location: '" .. name:sub(1, 40) .. "' is not the name of a time zone, such as Europe/Berlin",
        kind = errors.kinds.INVALID,
      }
  end
  for _, folder in ipairs(FOLDERS) do
    local zone = read(folder .. name)
    if zone then
      zone.name = name
      if count >= MOST_KNOWN then
        known, count = {}, 0
      end
      known[name], count = make(zone), count + 1
      return known[name]
    end
  end
  return nil, errors.make { message = "time.load_location: the system has no time zone '" .. name .. "'", kind = errors.kinds.NOT_FOUND }
end

local here

--- Returns the location of the system: that of TZ, or of /etc/localtime, or UTC.
function M.here()
  if here then return here end
  local name = getenv 'TZ'
  local zone
  if name == nil then
    zone = read '/etc/localtime'
  elseif name ~= '' then
    name = name:gsub('^:', '')
    local found = name ~= 'Local' and name ~= '' and M.load(name)
    zone = found and found ~= M.UTC and getfields(found)
    if not zone and not found then
      local rule = rules.parse(name)
      zone = rule and { times = {}, kinds = {}, first = rule.standard, rule = rule }
    end
  end
  if zone then
    local copy = {}
    for key, value in pairs(zone) do
      copy[key] = value
    end
    zone = copy
  else
    zone = { fixed = { offset = 0, name = 'UTC', is_dst = false } }
  end
  zone.name = 'Local'
  here = make(zone)
  return here
end

--- Returns the zone of a location at `unix` seconds: {offset, name, is_dst}.
---@param location userdata
---@param unix number
---@return table
function M.at(location, unix)
  local zone = getfields(location)
  if zone.fixed then return zone.fixed end
  local times = zone.times
  local n = #times
  if n == 0 or unix < times[1] then return n == 0 and zone.rule and rules.at(zone.rule, unix) or zone.first end
  if unix >= times[n] then return zone.rule and rules.at(zone.rule, unix) or zone.kinds[n] end
  local low, high = 1, n
  while high - low > 1 do
    local middle = floor((low + high) / 2)
    if unix >= times[middle] then
      low = middle
    else
      high = middle
    end
  end
  return zone.kinds[low]
end
local at = M.at

--- Returns the unix seconds of local seconds, as Go's Date does where a change of offset leaves a gap or an overlap.
---@param location userdata
---@param seconds number
---@return number
function M.to_unix(location, seconds)
  -- The guess is off by the offset itself, which matters only near a transition.
  local offset = at(location, seconds).offset
  if offset == 0 then return seconds end
  local unix = seconds - offset
  local there = at(location, unix).offset
  return seconds - there
end

--- Returns the offset that an abbreviation stands for at local seconds, nil when the location has none of that name.
---@param location userdata
---@param name string
---@param seconds number
---@return number?
function M.named(location, name, seconds)
  local zone = getfields(location)
  local found
  local function try(kind)
    if kind.name ~= name then return false end
    found = kind.offset
    return at(location, seconds - kind.offset).name == name
  end
  if zone.fixed then
    try(zone.fixed)
    return found
  end
  if zone.rule and (try(zone.rule.standard) or zone.rule.summer and try(zone.rule.summer)) then return found end
  for i = #zone.kinds, 1, -1 do
    if try(zone.kinds[i]) then break end
  end
  return found
end

return M
