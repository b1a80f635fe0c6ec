-- Time values: seconds and nanoseconds since 1970, exact, in a location; as Go's time.Time.
local ffi = require 'ffi'
local calendar = require 'stdlib.time.calendar'
local duration = require 'stdlib.values.duration'
local format = require 'stdlib.time.format'
local got = require 'lua.values.got'
local layout_module = require 'stdlib.time.layout'
local zone = require 'stdlib.time.zone'
local with_methods = require 'stdlib.values.methods'

local newproxy, getmetatable, type, error, tonumber, tostring = newproxy, getmetatable, type, error, tonumber, tostring
local getfields, setfields = debug.getfenv, debug.setfenv
local int64, uint64 = ffi.typeof 'int64_t', ffi.typeof 'uint64_t'
local floor, abs = math.floor, math.abs

local layouts, is_layout = layout_module.LAYOUTS, layout_module.is_layout

local M = {}

-- Years from here to there, so that all arithmetic on seconds is exact.
local FURTHEST = 2 ^ 52
-- The seconds from 1970 of what Go calls the zero time, year 1.
local ZERO = -62135596800

local PROTOTYPE = newproxy(true)
local META = getmetatable(PROTOTYPE)
META.__metatable = 'time'

local methods = {}

--- Makes a time; `monotonic`, nanoseconds, goes with those that were read from the clock.
---@param seconds number
---@param nanoseconds number
---@param location userdata
---@param monotonic? number
---@return userdata
function M.make(seconds, nanoseconds, location, monotonic)
  local value = newproxy(PROTOTYPE)
  setfields(value, { seconds = seconds, nanoseconds = nanoseconds, location = location, monotonic = monotonic })
  return value
end
local make = M.make

--- Says whether a value is a time.
---@param value any
---@return boolean
function M.is(value) return type(value) == 'userdata' and getmetatable(value) == 'time' end
local is = M.is

local function fields_of(value, method)
  if not is(value) then error('time:' .. method .. '() is called on a ' .. type(value) .. ', write t:' .. method .. '()', 3) end
  return getfields(value)
end

local function time_of(value, method)
  if not is(value) then error('time:' .. method .. ': expected a Time, got ' .. got(value), 3) end
  return getfields(value)
end

local function ns_of(value, level)
  local ns, problem = duration.of(value)
  if not ns then error(problem, level + 1) end
  return ns
end

-- What is said of a time that is too far away.
M.TOO_FAR = 'the time is more than a hundred million years away'
local TOO_FAR = M.TOO_FAR

--- Makes a time of seconds and any number of nanoseconds; nil when it is too far away.
local function normal(seconds, nanoseconds, location, monotonic)
  local carry = floor(nanoseconds / 1e9)
  seconds, nanoseconds = seconds + carry, nanoseconds - carry * 1e9
  if not (seconds > -FURTHEST and seconds < FURTHEST) then return nil end
  return make(seconds, nanoseconds, location, monotonic)
end
M.normal = normal

-- Everything that is read off a calendar and a clock on the wall.
local function parts(t)
  local here = zone.at(t.location, t.seconds)
  local local_seconds = t.seconds + here.offset
  local days = floor(local_seconds / 86400)
  local of_day = local_seconds - days * 86400
  local year, month, day = calendar.date(days)
  return {
    year = year,
    month = month,
    day = day,
    hour = floor(of_day / 3600),
    minute = floor(of_day / 60) % 60,
    second = of_day % 60,
    nanosecond = t.nanoseconds,
    weekday = calendar.weekday(days),
    year_day = days - calendar.days(year, 1, 1) + 1,
    offset = here.offset,
    zone = here.name,
    days = days,
  }
end

--- Returns the time of a date in a location; what is beyond its range counts on. Nil when it is too far away.
---@param year number
---@param month number
---@param day number
---@param hour number
---@param minute number
---@param second number
---@param nanosecond number
---@param location userdata
---@return userdata?
function M.date(year, month, day, hour, minute, second, nanosecond, location)
  local carry = floor(nanosecond / 1e9)
  local seconds = calendar.days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second + carry
  if not (seconds > -FURTHEST and seconds < FURTHEST) then return nil end
  return normal(zone.to_unix(location, seconds), nanosecond - carry * 1e9, location)
end

-- Arithmetic -----------------------------------------------------------------------------------------------------

local function shifted(t, ns)
  local whole = ns / 1000000000LL
  local rest = ns - whole * 1000000000LL
  return normal(t.seconds + tonumber(whole), t.nanoseconds + tonumber(rest), t.location, t.monotonic and t.monotonic + tonumber(ns))
end

--- Returns the time a duration later.
function methods.add(time, value) return shifted(fields_of(time, 'add'), ns_of(value, 2)) or error(TOO_FAR, 2) end

--- Returns the Duration since another time, or the Time a duration earlier.
function methods.sub(time, other)
  local t = fields_of(time, 'sub')
  if not is(other) then return shifted(t, -ns_of(other, 2)) or error(TOO_FAR, 2) end
  local o = getfields(other)
  if t.monotonic and o.monotonic then return duration.make(int64(t.monotonic - o.monotonic)) end
  local seconds = t.seconds - o.seconds
  -- As Go: what does not fit is the longest or shortest duration.
  if seconds > 9223372036 then return duration.make(0x7fffffffffffffffLL) end
  if seconds < -9223372036 then return duration.make(-0x7fffffffffffffffLL - 1) end
  local most = seconds == 9223372036 and t.nanoseconds - o.nanoseconds > 854775807
  local least = seconds == -9223372036 and t.nanoseconds - o.nanoseconds < -854775808
  if most then return duration.make(0x7fffffffffffffffLL) end
  if least then return duration.make(-0x7fffffffffffffffLL - 1) end
  return duration.make(int64(seconds) * 1000000000LL + int64(t.nanoseconds - o.nanoseconds))
end

--- Returns the time that many years, months and days later.
function methods.add_date(time, years, months, days)
  local t = fields_of(time, 'add_date')
  for i, n in ipairs { years or 0, months or 0, days or 0 } do
    if type(n) ~= 'number' or n % 1 ~= 0 or n > 1e9 or n < -1e9 then
      error('time:add_date: expected a whole number as the ' .. ({ 'years', 'months', 'days' })[i] .. ', got ' .. tostring(n), 2)
    end
  end
  local p = parts(t)
  return M.date(p.year + (years or 0), p.month + (months or 0), p.day + (days or 0), p.hour, p.minute, p.second, p.nanosecond, t.location)
    or error(TOO_FAR, 2)
end

local function compare(a, b)
  if a.monotonic and b.monotonic then return a.monotonic - b.monotonic end
  local seconds = a.seconds - b.seconds
  return seconds ~= 0 and seconds or a.nanoseconds - b.nanoseconds
end

--- Says whether this time is later.
function methods.after(time, other) return compare(fields_of(time, 'after'), time_of(other, 'after')) > 0 end

--- Says whether this time is earlier.
function methods.before(time, other) return compare(fields_of(time, 'before'), time_of(other, 'before')) < 0 end

--- Says whether both are the same moment, in whatever location.
function methods.equal(time, other) return compare(fields_of(time, 'equal'), time_of(other, 'equal')) == 0 end

--- Says whether this is the beginning of year 1, UTC: what no time was set to.
function methods.is_zero(time)
  local t = fields_of(time, 'is_zero')
  return t.seconds == ZERO and t.nanoseconds == 0
end

-- The remainder of the time since year 1 by `step` nanoseconds, exact: seconds times 1e9 need more than 64 bits.
local function remainder(t, step)
  local rest, base = 0ULL, uint64(step)
  local seconds = t.seconds - ZERO
  -- rest = |seconds| * 1e9 % base, by doubling: 30 bits of 1e9.
  local power, factor = uint64(abs(seconds)) % base, 1000000000
  while factor > 0 do
    if factor % 2 == 1 then rest = (rest + power) % base end
    power = (power + power) % base
    factor = floor(factor / 2)
  end
  if seconds < 0 then rest = (base - rest) % base end
  return int64((rest + uint64(t.nanoseconds)) % base)
end

local function rounding(time, unit, method)
  local t = fields_of(time, method)
  local step = ns_of(unit, 3)
  local plain = { seconds = t.seconds, nanoseconds = t.nanoseconds, location = t.location }
  if step <= 0 then return make(t.seconds, t.nanoseconds, t.location) end
  return plain, remainder(plain, step), step
end

--- Returns the time rounded down to a multiple of a duration since year 1.
function methods.truncate(time, unit)
  local t, rest = rounding(time, unit, 'truncate')
  if not rest then return t end
  return shifted(t, -rest) or error(TOO_FAR, 2)
end

--- Returns the time rounded to the nearest multiple of a duration since year 1, halves up.
function methods.round(time, unit)
  local t, rest, step = rounding(time, unit, 'round')
  if not rest then return t end
  if rest < step - rest then return shifted(t, -rest) or error(TOO_FAR, 2) end
  return shifted(t, step - rest) or error(TOO_FAR, 2)
end

-- Reading --------------------------------------------------------------------------------------------------------

--- Returns the seconds since 1970.
function methods.unix(time) return fields_of(time, 'unix').seconds end

--- Returns the milliseconds since 1970.
function methods.unix_milli(time)
  local t = fields_of(time, 'unix_milli')
  return duration.number(int64(t.seconds) * 1000 + int64(floor(t.nanoseconds / 1e6)))
end

--- Returns the microseconds since 1970.
function methods.unix_micro(time)
  local t = fields_of(time, 'unix_micro')
  return duration.number(int64(t.seconds) * 1000000 + int64(floor(t.nanoseconds / 1e3)))
end

--- Returns the nanoseconds since 1970, an int64 where a number can't hold them; they reach from 1678 to 2262.
function methods.unix_nano(time)
  local t = fields_of(time, 'unix_nano')
  if t.seconds < -9223372036 or t.seconds >= 9223372036 then
    error('time:unix_nano: the year ' .. parts(t).year .. ' is beyond what 64 bits of nanoseconds reach (1678 to 2262)', 2)
  end
  return duration.number(int64(t.seconds) * 1000000000LL + int64(t.nanoseconds))
end

for _, name in ipairs { 'year', 'month', 'day', 'hour', 'minute', 'second', 'nanosecond', 'weekday', 'year_day' } do
  methods[name] = function(time) return parts(fields_of(time, name))[name] end
end

--- Returns year, month and day.
function methods.date(time)
  local p = parts(fields_of(time, 'date'))
  return p.year, p.month, p.day
end

--- Returns hour, minute and second.
function methods.clock(time)
  local p = parts(fields_of(time, 'clock'))
  return p.hour, p.minute, p.second
end

--- Returns the ISO 8601 year and week.
function methods.iso_week(time)
  local p = parts(fields_of(time, 'iso_week'))
  -- The Thursday of the week is in its year.
  local thursday = p.days - (p.weekday + 6) % 7 + 3
  local year = calendar.date(thursday)
  return year, floor((thursday - calendar.days(year, 1, 1)) / 7) + 1
end

--- Returns the abbreviation of the zone, and its seconds east of UTC.
function methods.zone(time)
  local p = parts(fields_of(time, 'zone'))
  return p.zone, p.offset
end

--- Returns the time as text by a Go layout.
function methods.format(time, layout)
  local t = fields_of(time, 'format')
  if type(layout) ~= 'string' then error('time:format: expected a layout such as time.RFC3339, got ' .. got(layout), 2) end
  if not is_layout(layout) then
    error(
      'time:format: expected a layout that writes the moment Mon Jan 2 15:04:05 2006 ("2006-01-02", time.RFC3339), got \''
        .. layout:sub(1, 40)
        .. "'",
      2
    )
  end
  return format.format(parts(t), layout)
end

--- Returns the time as RFC 3339 text.
function methods.format_rfc3339(time) return format.format(parts(fields_of(time, 'format_rfc3339')), layouts.RFC3339) end

-- Locations ------------------------------------------------------------------------------------------------------

local function placed(t, location) return make(t.seconds, t.nanoseconds, location, t.monotonic) end

--- Returns the same moment in a location.
function methods.in_location(time, location)
  local t = fields_of(time, 'in_location')
  if not zone.is(location) then error('time:in_location: expected a Location, got ' .. got(location), 2) end
  return placed(t, location)
end

--- Returns the same moment in UTC.
function methods.utc(time) return placed(fields_of(time, 'utc'), zone.UTC) end

--- Returns the same moment in the system's zone.
function methods.in_local(time) return placed(fields_of(time, 'in_local'), zone.here()) end

--- Returns the location.
function methods.location(time) return fields_of(time, 'location').location end

local STRING = '2006-01-02 15:04:05.999999999 -0700 MST'

--- Returns the time as text, as `tostring` does.
function methods.string(time) return format.format(parts(fields_of(time, 'string')), STRING) end

META.__index = with_methods(methods, 'a Time')
META.__newindex = function() error("a Time can't be changed", 2) end
META.__tostring = function(time) return format.format(parts(getfields(time)), STRING) end
META.__concat = function(a, b) return (is(a) and tostring(a) or a) .. (is(b) and tostring(b) or b) end
META.__eq = function(a, b) return compare(getfields(a), getfields(b)) == 0 end
META.__lt = function(a, b) return compare(time_of(a, '<'), time_of(b, '<')) < 0 end
META.__le = function(a, b) return compare(time_of(a, '<='), time_of(b, '<=')) <= 0 end
META.__add = function(a, b)
  if not is(a) then
    a, b = b, a
  end
  return shifted(getfields(a), ns_of(b, 2)) or error(TOO_FAR, 2)
end
META.__sub = function(a, b)
  if not is(a) then error('expected a Time to subtract a Time from, got ' .. got(a), 2) end
  return methods.sub(a, b)
end

return M
