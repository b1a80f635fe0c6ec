-- Durations: a signed 64-bit number of nanoseconds, as Go's time.Duration.
local ffi = require 'ffi'
local got = require 'lua.values.got'
local with_methods = require 'stdlib.values.methods'

local newproxy, getmetatable, type, error, tonumber, tostring = newproxy, getmetatable, type, error, tonumber, tostring
local getfields, setfields = debug.getfenv, debug.setfenv
local int64, uint64, istype = ffi.typeof 'int64_t', ffi.typeof 'uint64_t', ffi.istype
local floor = math.floor

local M = {}

M.NANOSECOND, M.MICROSECOND, M.MILLISECOND = 1, 1e3, 1e6
M.SECOND, M.MINUTE, M.HOUR = 1e9, 60e9, 3600e9

local LIMIT = 2 ^ 63
local EXACT = 2 ^ 53
local LARGEST = 0x7fffffffffffffffLL

local PROTOTYPE = newproxy(true)
local META = getmetatable(PROTOTYPE)
META.__metatable = 'duration'

local methods = {}

--- Makes a duration of an int64 of nanoseconds.
---@param ns number|ffi.cdata*
---@return userdata
function M.make(ns)
  local value = newproxy(PROTOTYPE)
  setfields(value, { ns = ns })
  return value
end
local make = M.make

--- Says whether a value is a duration. Scripts can't forge one: they have no way to make a userdata.
---@param value any
---@return boolean
function M.is(value) return type(value) == 'userdata' and getmetatable(value) == 'duration' end
local is = M.is

--- Returns an int64 as a number where that is exact, else as it is.
---@param ns number|ffi.cdata*
---@return number|ffi.cdata*
function M.number(ns)
  local value = tonumber(ns)
  if value > -EXACT and value < EXACT then return value end
  return ns
end
local number = M.number

-- Text ---------------------------------------------------------------------------------------------------------

local UNITS = { ns = 1, us = 1e3, ['\xc2\xb5s'] = 1e3, ['\xce\xbcs'] = 1e3, ms = 1e6, s = 1e9, m = 60e9, h = 3600e9 }

--- Returns the nanoseconds of a text such as "1h30m" or "-1.5s", or nil and what is wrong with it.
---@param text string
---@return number|ffi.cdata*|nil
---@return string?
function M.parse(text)
  local rest, negative = text, false
  local sign = rest:match '^[+-]'
  if sign then
    rest, negative = rest:sub(2), sign == '-'
  end
  if rest == '0' then return 0LL end
  if rest == '' then return nil, 'it is empty' end
  local total = 0ULL
  while rest ~= '' do
    local whole, fraction, unit, after = rest:match '^(%d*)%.?(%d*)([^%d%.]*)(.*)$'
    local dotted = rest:sub(#whole + 1, #whole + 1) == '.'
    if whole == '' and fraction == '' then return nil, "expected a number, got '" .. rest:sub(1, 20) .. "'" end
    if not dotted then
      whole, fraction = whole .. fraction, ''
    end
    local scale = UNITS[unit]
    if not scale then
      if unit == '' then
        return nil, 'a unit is missing after ' .. whole .. (dotted and '.' .. fraction or '') .. ' (ns, us, ms, s, m, h)'
      end
      return nil, "'" .. unit:sub(1, 20) .. "' is not a unit (ns, us, ms, s, m, h)"
    end
    whole = whole:gsub('^0+', '')
    if #whole > 19 then return nil, 'it is longer than 292 years' end
    local part = 0ULL
    for digit in whole:gmatch '%d' do
      part = part * 10 + (digit:byte() - 48)
    end
    if tonumber(part) * scale >= LIMIT + 1e4 then return nil, 'it is longer than 292 years' end
    part = part * uint64(scale)
    local step = scale
    for digit in fraction:sub(1, 18):gmatch '%d' do
      -- What is below a nanosecond is dropped.
      step = step / 10
      part = part + uint64(floor((digit:byte() - 48) * step + 1e-6))
    end
    total = total + part
    if total > 0x8000000000000000ULL then return nil, 'it is longer than 292 years' end
    rest = after
  end
  if negative then return -int64(total) end
  if total > uint64(LARGEST) then return nil, 'it is longer than 292 years' end
  return int64(total)
end

local function digits(value, places)
  local text = ('%0' .. places .. 'd'):format(value):gsub('0+$', '')
  return text == '' and '' or '.' .. text
end

local function shown(value) return (tostring(value):gsub('U?LL$', '')) end

--- Returns a text such as "1h30m0s", as Go writes it.
---@param ns number|ffi.cdata*
---@return string
function M.text(ns)
  if ns == 0 then return '0s' end
  local sign = ns < 0 and '-' or ''
  local u = ns < 0 and uint64(-(ns + 1)) + 1 or uint64(ns)
  if u < 1000ULL then return sign .. shown(u) .. 'ns' end
  if u < 1000000ULL then return sign .. shown(u / 1000) .. digits(tonumber(u % 1000), 3) .. '\xc2\xb5s' end
  if u < 1000000000ULL then return sign .. shown(u / 1000000) .. digits(tonumber(u % 1000000), 6) .. 'ms' end
  local seconds, fraction = u / 1000000000ULL, tonumber(u % 1000000000ULL)
  local text = shown(seconds % 60) .. digits(fraction, 9) .. 's'
  if seconds >= 60 then text = shown(seconds / 60 % 60) .. 'm' .. text end
  if seconds >= 3600 then text = shown(seconds / 3600) .. 'h' .. text end
  return sign .. text
end

-- Values of scripts ----------------------------------------------------------------------------------------------

--- Returns the nanoseconds of what a script gives for a duration: text, a Duration, or a number of nanoseconds. Returns nil
-- and a sentence when it is none.
---@param value any
---@return number|ffi.cdata*|nil
---@return string?
function M.of(value)
  local kind = type(value)
  if kind == 'number' then
    if value ~= value or value >= LIMIT or value < -LIMIT then
      return nil, 'expected a duration below 292 years, got the number ' .. value
    end
    return int64(value)
  elseif kind == 'string' then
    local ns, problem = M.parse(value)
    if ns then return ns end
    return nil, "'" .. value:sub(1, 40) .. "' is not a duration: " .. problem
  elseif kind == 'userdata' and is(value) then
    return getfields(value).ns
  elseif kind == 'cdata' and (istype(int64, value) or istype(uint64, value) and value <= uint64(LARGEST)) then
    return int64(value)
  end
  return nil, 'expected a duration (text such as "1h30m", a Duration, or a number of nanoseconds), got ' .. got(value)
end
local of = M.of

local function ns_of(value, method)
  if not is(value) then error('duration:' .. method .. '() is called on a ' .. type(value) .. ', write d:' .. method .. '()', 3) end
  return getfields(value).ns
end

local function other(value, level)
  local ns, problem = of(value)
  if not ns then error(problem, level + 1) end
  return ns
end

--- Returns the nanoseconds, a whole number.
function methods.nanoseconds(d) return number(ns_of(d, 'nanoseconds')) end

--- Returns the whole microseconds.
function methods.microseconds(d) return number(ns_of(d, 'microseconds') / 1000) end

--- Returns the whole milliseconds.
function methods.milliseconds(d) return number(ns_of(d, 'milliseconds') / 1000000) end

-- Whole units and the rest apart, which is more exact.
local function in_units(ns, unit)
  local whole = ns / int64(unit)
  return tonumber(whole) + tonumber(ns - whole * int64(unit)) / unit
end

--- Returns the seconds with their fraction.
function methods.seconds(d) return in_units(ns_of(d, 'seconds'), M.SECOND) end

--- Returns the minutes with their fraction.
function methods.minutes(d) return in_units(ns_of(d, 'minutes'), M.MINUTE) end

--- Returns the hours with their fraction.
function methods.hours(d) return in_units(ns_of(d, 'hours'), M.HOUR) end

--- Returns the duration without its sign.
function methods.abs(d)
  local ns = ns_of(d, 'abs')
  return make(ns >= 0 and ns or ns == -LARGEST - 1 and LARGEST or -ns)
end

--- Returns the duration rounded towards zero to a multiple of `unit`.
function methods.truncate(d, unit)
  local ns, step = ns_of(d, 'truncate'), other(unit, 2)
  if step <= 0 then return d end
  return make(ns - ns % step)
end

--- Returns the duration rounded to the nearest multiple of `unit`, halves away from zero.
function methods.round(d, unit)
  local ns, step = ns_of(d, 'round'), other(unit, 2)
  if step <= 0 then return d end
  local rest = ns % step
  if ns < 0 then
    if uint64(-rest) + uint64(-rest) < uint64(step) then return make(ns - rest) end
    local down = ns - (step + rest)
    return make(down > ns and -LARGEST - 1 or down)
  end
  if uint64(rest) + uint64(rest) < uint64(step) then return make(ns - rest) end
  local up = ns + (step - rest)
  return make(up < ns and LARGEST or up)
end

--- Returns the duration as text, as `tostring` does.
function methods.string(d) return M.text(ns_of(d, 'string')) end

META.__index = with_methods(methods, 'a Duration')
META.__newindex = function() error("a Duration can't be changed", 2) end
META.__tostring = function(d) return M.text(getfields(d).ns) end
META.__concat = function(a, b) return (is(a) and tostring(a) or a) .. (is(b) and tostring(b) or b) end
META.__unm = function(d) return make(-getfields(d).ns) end
META.__eq = function(a, b) return getfields(a).ns == getfields(b).ns end
META.__lt = function(a, b) return other(a, 2) < other(b, 2) end
META.__le = function(a, b) return other(a, 2) <= other(b, 2) end
META.__add = function(a, b)
  local time = type(b) == 'userdata' and getmetatable(b) == 'time'
  if time then return b:add(a) end
  return make(other(a, 2) + other(b, 2))
end
META.__sub = function(a, b) return make(other(a, 2) - other(b, 2)) end
META.__mul = function(a, b)
  if type(a) == 'number' then
    a, b = b, a
  end
  if type(b) ~= 'number' then error('expected a number to multiply a Duration by, got ' .. got(b), 2) end
  local ns = getfields(a).ns
  if b % 1 == 0 and b > -EXACT and b < EXACT then return make(ns * int64(b)) end
  return make(other(tonumber(ns) * b, 2))
end
META.__div = function(a, b)
  if is(a) and is(b) then return tonumber(getfields(a).ns) / tonumber(getfields(b).ns) end
  if not is(a) then error('expected a Duration to divide by a Duration, got ' .. got(a), 2) end
  if type(b) ~= 'number' then error('expected a number or a Duration to divide a Duration by, got ' .. got(b), 2) end
  return make(other(tonumber(getfields(a).ns) / b, 2))
end

return M
