-- Writes a moment by a Go layout.
local calendar = require 'stdlib.time.calendar'
local split = require('stdlib.time.layout').split

local floor, concat = math.floor, table.concat

local M = {}

local function offset_text(offset, parts, colon)
  local sign = offset < 0 and '-' or '+'
  if offset < 0 then offset = -offset end
  local text = sign .. ('%02d'):format(floor(offset / 3600))
  if parts >= 2 then text = text .. colon .. ('%02d'):format(floor(offset / 60) % 60) end
  if parts >= 3 then text = text .. colon .. ('%02d'):format(offset % 60) end
  return text
end

local OFFSETS = { h = { 1, '' }, hm = { 2, '' }, ['h:m'] = { 2, ':' }, hms = { 3, '' }, ['h:m:s'] = { 3, ':' } }

local write = {}

for kind, how in pairs(OFFSETS) do
  write['offset ' .. kind] = function(t) return offset_text(t.offset, how[1], how[2]) end
  write['Z offset ' .. kind] = function(t) return t.offset == 0 and 'Z' or offset_text(t.offset, how[1], how[2]) end
end

local function numbers(name, value)
  write['0 ' .. name] = function(t) return ('%02d'):format(value(t)) end
  write['_ ' .. name] = function(t) return ('%2d'):format(value(t)) end
  write['number ' .. name] = function(t) return ('%d'):format(value(t)) end
end

numbers('month', function(t) return t.month end)
numbers('day', function(t) return t.day end)
numbers('hour12', function(t) return (t.hour + 11) % 12 + 1 end)
numbers('minute', function(t) return t.minute end)
numbers('second', function(t) return t.second end)

write['year'] = function(t) return t.year < 0 and ('-%04d'):format(-t.year) or ('%04d'):format(t.year) end
write['year2'] = function(t) return ('%02d'):format(t.year % 100) end
write['long month'] = function(t) return calendar.MONTHS[t.month] end
write['month'] = function(t) return calendar.MONTHS[t.month]:sub(1, 3) end
write['long weekday'] = function(t) return calendar.WEEKDAYS[t.weekday] end
write['weekday'] = function(t) return calendar.WEEKDAYS[t.weekday]:sub(1, 3) end
write['0 year day'] = function(t) return ('%03d'):format(t.year_day) end
write['_ year day'] = function(t) return ('%3d'):format(t.year_day) end
write['hour'] = function(t) return ('%02d'):format(t.hour) end
write['PM'] = function(t) return t.hour >= 12 and 'PM' or 'AM' end
write['pm'] = function(t) return t.hour >= 12 and 'pm' or 'am' end

write['zone name'] = function(t)
  if t.zone ~= '' then return t.zone end
  return offset_text(t.offset, 2, '')
end

write['fraction'] = function(t, element)
  return element.separator .. ('%09d'):format(t.nanosecond):sub(1, element.digits) .. ('0'):rep(element.digits - 9)
end

write['short fraction'] = function(t, element)
  local digits = ('%09d'):format(t.nanosecond):sub(1, element.digits):gsub('0+$', '')
  return digits == '' and '' or element.separator .. digits
end

--- Returns `t`, {year, month, day, hour, minute, second, nanosecond, weekday, year_day, offset, zone}, as text.
---@param t table
---@param layout string
---@return string
function M.format(t, layout)
  local pieces = {}
  for i, element in ipairs(split(layout)) do
    local writer = write[element.kind]
    pieces[i] = writer and writer(t, element) or element.text
  end
  return concat(pieces)
end

return M
