-- The module `time`: Go's time package in Lua. Durations are text ("1h30m"), a Duration, or a number of nanoseconds.
local clock = require 'lua.dispatcher.clock'
local duration = require 'stdlib.values.duration'
local got = require 'lua.values.got'
local waiting = require 'stdlib.time.waiting'

local type, error, pairs, ipairs, tonumber, setmetatable = type, error, pairs, ipairs, tonumber, setmetatable
local calendar = require 'stdlib.time.calendar'

local M = {}

-- What a script that only waits does not need is loaded when it is first used.
---@type table, table, table
local moment, zone, errors

local function load_moments()
  if moment then return end
  moment, zone, errors = require 'stdlib.time.moment', require 'stdlib.time.zone', require 'lua.values.errors'
end

for _, unit in ipairs { 'NANOSECOND', 'MICROSECOND', 'MILLISECOND', 'SECOND', 'MINUTE', 'HOUR' } do
  M[unit] = duration[unit]
end
for i = 1, 12 do
  M[calendar.MONTHS[i]:upper()] = i
end
for i = 0, 6 do
  M[calendar.WEEKDAYS[i]:upper()] = i
end
for name, layout in pairs(require('stdlib.time.layout').LAYOUTS) do
  M[name] = layout
end

M.sleep, M.after, M.timer, M.ticker = waiting.sleep, waiting.after, waiting.timer, waiting.ticker

--- Returns the time now, in the system's zone.
function M.now()
  load_moments()
  local seconds, nanoseconds = clock.wall()
  return moment.make(seconds, nanoseconds, zone.here(), clock.monotonic())
end
waiting.set_now(M.now)

local function whole(value, name, what, default)
  if value == nil and default then return default end
  if type(value) ~= 'number' or value % 1 ~= 0 or value > 2 ^ 53 or value < -2 ^ 53 then
    error(name .. ': expected a whole number as the ' .. what .. ', got ' .. (type(value) == 'number' and value or got(value)), 3)
  end
  return value
end

local function location_or(value, default, name)
  if value == nil then return default end
  if not zone.is(value) then
    error(name .. ': expected a Location (time.load_location, time.fixed_zone) as the location, got ' .. got(value), 3)
  end
  return value
end

--- Returns a Duration for text such as "1h30m", or for a number of nanoseconds; or nil and an error.
function M.parse_duration(value)
  local ns, problem = duration.of(value)
  if ns then return duration.make(ns) end
  load_moments()
  return nil, errors.make { message = 'time.parse_duration: ' .. problem, kind = errors.kinds.INVALID }
end

--- Returns the time of a date, in a location or else in the system's zone. Months and the rest may be beyond their range, and count on.
function M.date(year, month, day, hour, minute, second, nanosecond, location)
  load_moments()
  return moment.date(
    whole(year, 'time.date', 'year'),
    whole(month, 'time.date', 'month', 1),
    whole(day, 'time.date', 'day', 1),
    whole(hour, 'time.date', 'hour', 0),
    whole(minute, 'time.date', 'minute', 0),
    whole(second, 'time.date', 'second', 0),
    whole(nanosecond, 'time.date', 'nanosecond', 0),
    location_or(location, zone.here(), 'time.date')
  ) or error(moment.TOO_FAR, 2)
end

--- Returns the time that is so many seconds, and nanoseconds, after 1970 began in UTC; in the system's zone.
function M.unix(seconds, nanoseconds)
  load_moments()
  return moment.normal(whole(seconds, 'time.unix', 'seconds'), whole(nanoseconds, 'time.unix', 'nanoseconds', 0), zone.here())
    or error(moment.TOO_FAR, 2)
end

local function parsed(layout, text, location)
  local found, problem = require('stdlib.time.parse').parse(layout, text)
  if not found then return nil, problem end
  local function at(place)
    return moment.date(
      found.year,
      found.month,
      found.day,
      found.hour or 0,
      found.minute or 0,
      found.second or 0,
      found.nanosecond or 0,
      place
    )
  end
  if found.is_utc then return at(zone.UTC) end
  local wanted = location or zone.UTC
  local unplaced = at(zone.UTC):unix()
  if found.offset then
    -- The location's own zone, when it has that offset then.
    for _, place in ipairs { wanted, zone.here() } do
      local there = zone.at(place, unplaced - found.offset)
      if there.offset == found.offset and (not found.zone or there.name == found.zone) then
        return at(zone.UTC):sub(found.offset * 1e9):in_location(place)
      end
    end
    return at(zone.fixed(found.zone or '', found.offset))
  end
  if found.zone then
    local offset = zone.named(wanted, found.zone, unplaced)
    if offset then return at(zone.UTC):sub(offset * 1e9):in_location(wanted) end
    offset = found.zone:match '^GMT([+-]%d+)$' or found.zone:match '^([+-]%d%d)$'
    return at(zone.fixed(found.zone, offset and tonumber(offset) * 3600 or 0))
  end
  return at(wanted)
end

--- Returns the time in a text that is written by a Go layout, or nil and an error. Without a zone in the text it is in
-- UTC, or in `location`.
function M.parse(layout, text, location)
  if type(layout) ~= 'string' then error('time.parse: expected a string as the layout, got ' .. got(layout), 2) end
  if type(text) ~= 'string' then error('time.parse: expected a string as the text, got ' .. got(text), 2) end
  load_moments()
  local time, problem = parsed(layout, text, location_or(location, nil, 'time.parse'))
  if time then return time end
  return nil,
    errors.make {
      message = "time.parse: '" .. text:sub(1, 60) .. "' doesn't fit the layout '" .. layout:sub(1, 60) .. "': " .. problem,
      kind = errors.kinds.INVALID,
    }
end

--- Returns a location by its name ("Europe/Berlin", "UTC", "Local"), or nil and an error.
function M.load_location(name)
  if type(name) ~= 'string' then error('time.load_location: expected a string as the name, got ' .. got(name), 2) end
  load_moments()
  return zone.load(name)
end

--- Returns a location that is always `offset` seconds east of UTC.
function M.fixed_zone(name, offset)
  if type(name) ~= 'string' then error('time.fixed_zone: expected a string as the name, got ' .. got(name), 2) end
  whole(offset, 'time.fixed_zone', 'offset')
  if offset > 86400 * 7 or offset < -86400 * 7 then
    error('time.fixed_zone: the offset is in seconds, and ' .. offset .. ' is more than a week', 2)
  end
  load_moments()
  return zone.fixed(name, offset)
end

--- Returns the Duration since a time.
function M.since(time) return M.now():sub(time) end

-- Locations that need no name.
local NAMELESS = { UTC = 'UTC', utc = 'UTC', LOCAL = 'Local', localtz = 'Local' }
setmetatable(M, {
  __index = function(_, name)
    local location = NAMELESS[name]
    if not location then return nil end
    load_moments()
    return location == 'UTC' and zone.UTC or zone.here()
  end,
})

return M
