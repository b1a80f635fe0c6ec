-- Reads a moment from text by a Go layout.
local calendar = require 'stdlib.time.calendar'
local split = require('stdlib.time.layout').split

local tonumber = tonumber

local M = {}

-- Each reader takes what is found so far, the text, the position and the element; it returns the next position, or nil and
-- what was expected.
local read = {}

local function number(field, pattern, what, adjust)
  return function(found, text, at)
    local digits = text:match(pattern, at)
    if not digits then return nil, what end
    found[field] = adjust and adjust(tonumber(digits)) or tonumber(digits)
    return at + #digits
  end
end

local function spaced(field, width, what)
  return function(found, text, at)
    local digits = text:match('^ ?%d+', at)
    if not digits then return nil, what end
    digits = digits:sub(1, width)
    if not digits:find '%d' then return nil, what end
    found[field] = tonumber(digits)
    return at + #digits
  end
end

read['year'] = number('year', '^%d%d%d%d', 'a year of four digits')
read['year2'] = number('year', '^%d%d', 'a year of two digits', function(year) return year >= 69 and year + 1900 or year + 2000 end)
read['0 month'] = number('month', '^%d%d', 'a month of two digits')
read['number month'] = number('month', '^%d%d?', 'the number of a month')
read['0 day'] = number('day', '^%d%d', 'a day of two digits')
read['_ day'] = spaced('day', 2, 'a day')
read['number day'] = number('day', '^%d%d?', 'a day')
read['0 year day'] = number('year_day', '^%d%d%d', 'a day of the year of three digits')
read['hour'] = number('hour', '^%d%d', 'an hour of two digits')
read['0 hour12'] = number('hour12', '^%d%d', 'an hour of two digits')
read['number hour12'] = number('hour12', '^%d%d?', 'an hour')
read['0 minute'] = number('minute', '^%d%d', 'minutes of two digits')
read['number minute'] = number('minute', '^%d%d?', 'minutes')
read['_ year day'] = function(found, text, at)
  local digits = text:match('^[ %d][ %d]%d', at)
  if not digits or not digits:find '^ *%d+$' then return nil, 'a day of the year' end
  found.year_day = tonumber(digits)
  return at + 3
end

local function fraction(found, text, at, digits)
  if #digits > 9 then digits = digits:sub(1, 9) end
  found.nanosecond = tonumber(digits .. ('0'):rep(9 - #digits))
  return at
end

-- Seconds may be followed by a fraction that the layout doesn't show.
local function seconds(pattern, what)
  return function(found, text, at, _, after)
    local digits = text:match(pattern, at)
    if not digits then return nil, what end
    found.second = tonumber(digits)
    at = at + #digits
    local more = text:match('^[.,](%d+)', at)
    if more and not (after and (after.kind == 'fraction' or after.kind == 'short fraction')) then
      return fraction(found, text, at + 1 + #more, more)
    end
    return at
  end
end

read['0 second'] = seconds('^%d%d', 'seconds of two digits')
read['number second'] = seconds('^%d%d?', 'seconds')

read['fraction'] = function(found, text, at, element)
  local digits = text:match('^[.,](%d+)', at)
  if not digits or #digits < element.digits then return nil, 'a fraction of ' .. element.digits .. ' digits' end
  digits = digits:sub(1, element.digits)
  return fraction(found, text, at + 1 + #digits, digits)
end

read['short fraction'] = function(found, text, at)
  local digits = text:match('^[.,](%d+)', at)
  if not digits then return at end
  return fraction(found, text, at + 1 + #digits, digits)
end

local function one_of(names, first, last, short, what, field)
  return function(found, text, at)
    for i = first, last do
      local name = short and names[i]:sub(1, 3) or names[i]
      if text:sub(at, at + #name - 1):lower() == name:lower() then
        if field then found[field] = i end
        return at + #name
      end
    end
    return nil, what
  end
end

read['long month'] = one_of(calendar.MONTHS, 1, 12, false, 'the name of a month', 'month')
read['month'] = one_of(calendar.MONTHS, 1, 12, true, 'the first three letters of a month', 'month')
read['long weekday'] = one_of(calendar.WEEKDAYS, 0, 6, false, 'the name of a weekday')
read['weekday'] = one_of(calendar.WEEKDAYS, 0, 6, true, 'the first three letters of a weekday')

local function half(am, pm)
  return function(found, text, at)
    local word = text:sub(at, at + 1)
    if word ~= am and word ~= pm then return nil, am .. ' or ' .. pm end
    found.half = word == pm and 12 or 0
    return at + 2
  end
end

read['PM'], read['pm'] = half('AM', 'PM'), half('am', 'pm')

local function offset(pattern, what, zulu)
  return function(found, text, at)
    if zulu and text:sub(at, at) == 'Z' then
      found.offset, found.is_utc = 0, true
      return at + 1
    end
    local sign, hours, minutes, second = text:match('^([+-])' .. pattern, at)
    if not sign then return nil, what end
    hours, minutes, second = tonumber(hours), tonumber(minutes) or 0, tonumber(second) or 0
    if hours > 24 or minutes > 59 or second > 59 then return nil, what end
    found.offset = (hours * 3600 + minutes * 60 + second) * (sign == '-' and -1 or 1)
    return at + #text:match('^[+-]' .. pattern:gsub('[()]', ''), at)
  end
end

for kind, how in pairs {
  h = { '(%d%d)', '+hh' },
  hm = { '(%d%d)(%d%d)', '+hhmm' },
  ['h:m'] = { '(%d%d):(%d%d)', '+hh:mm' },
  hms = { '(%d%d)(%d%d)(%d%d)', '+hhmmss' },
  ['h:m:s'] = { '(%d%d):(%d%d):(%d%d)', '+hh:mm:ss' },
} do
  read['offset ' .. kind] = offset(how[1], 'an offset such as ' .. how[2], false)
  read['Z offset ' .. kind] = offset(how[1], 'Z or an offset such as ' .. how[2], true)
end

read['zone name'] = function(found, text, at)
  if text:sub(at, at + 2) == 'UTC' then
    found.zone, found.is_utc = 'UTC', true
    return at + 3
  end
  local name = text:match('^GMT[+-]%d%d?', at) or text:match('^%u%u%u%u?%u?', at) or text:match('^[+-]%d%d', at)
  if not name then return nil, 'the abbreviation of a time zone' end
  found.zone = name
  return at + #name
end

local function within(value, low, high, what)
  if value and (value < low or value > high) then return what .. ' ' .. value .. ' is out of range' end
end

-- Puts together what was found, and says what is out of range.
local function complete(found)
  if found.hour12 then
    local wrong = within(found.hour12, 0, 12, 'hour')
    if wrong then return nil, wrong end
    found.hour = found.hour12
  end
  if found.half == 12 and found.hour and found.hour < 12 then found.hour = found.hour + 12 end
  if found.half == 0 and found.hour == 12 then found.hour = 0 end
  found.year = found.year or 0
  local wrong = within(found.hour, 0, 23, 'hour')
    or within(found.minute, 0, 59, 'minute')
    or within(found.second, 0, 59, 'second')
    or within(found.month, 1, 12, 'month')
  if wrong then return nil, wrong end
  if found.year_day then
    local most = calendar.is_leap(found.year) and 366 or 365
    wrong = within(found.year_day, 1, most, 'day of the year')
    if wrong then return nil, wrong end
    local _, month, day = calendar.date(calendar.days(found.year, 1, 1) + found.year_day - 1)
    if found.month and found.month ~= month or found.day and found.day ~= day then
      return nil, 'the day of the year is not that day of that month'
    end
    found.month, found.day = month, day
  end
  found.month, found.day = found.month or 1, found.day or 1
  wrong = within(found.day, 1, calendar.days_in(found.year, found.month), 'day')
  if wrong then return nil, wrong end
  return found
end

--- Returns {year, month, day, hour, minute, second, nanosecond, offset, zone, is_utc} with what the text has, or nil and what is
-- wrong with it.
---@param layout string
---@param text string
---@return table?
---@return string?
function M.parse(layout, text)
  local found, at = {}, 1
  local elements = split(layout)
  for i, element in ipairs(elements) do
    if element.kind then
      local next, expected = read[element.kind](found, text, at, element, elements[i + 1])
      if not next then
        return nil,
          'expected ' .. expected .. ' (' .. element.text .. ' of the layout), got ' .. (at > #text and 'the end' or "'" .. text:sub(
            at,
            at + 19
          ) .. "'")
      end
      at = next
    elseif text:sub(at, at + #element.text - 1) == element.text then
      at = at + #element.text
    else
      return nil, "expected '" .. element.text .. "', got " .. (at > #text and 'the end' or "'" .. text:sub(at, at + 19) .. "'")
    end
  end
  if at <= #text then return nil, "'" .. text:sub(at, at + 19) .. "' stands after all that the layout has" end
  return complete(found)
end

return M
