-- The rule at the end of a zone file for all times after its last transition: a POSIX TZ string (RFC 9636, section 3.3),
-- such as `CET-1CEST,M3.5.0,M10.5.0/3`.
local calendar = require 'stdlib.time.calendar'

local tonumber = tonumber

local M = {}

-- An offset or a time of day, [+-]hh[:mm[:ss]]; returns seconds and the rest.
local function seconds(text)
  local sign, hours, rest = text:match '^([+-]?)(%d+)(.*)$'
  if not hours or #hours > 3 then return nil end
  local total = tonumber(hours) * 3600
  local minutes, after = rest:match '^:(%d%d)(.*)$'
  if minutes then
    total, rest = total + tonumber(minutes) * 60, after
    local last
    last, after = rest:match '^:(%d%d)(.*)$'
    if last then
      total, rest = total + tonumber(last), after
    end
  end
  return sign == '-' and -total or total, rest
end

local function name(text)
  local quoted, rest = text:match '^<([%w+-]+)>(.*)$'
  if quoted then return quoted, rest end
  return text:match '^(%a%a%a+)(.*)$'
end

-- A day of the year with a time: {kind, month, week, day, time}.
local function change(text)
  local rule = { time = 7200 }
  local month, week, day, rest = text:match '^,M(%d+)%.(%d)%.(%d)(.*)$'
  if month then
    rule.kind, rule.month, rule.week, rule.day = 'month', tonumber(month), tonumber(week), tonumber(day)
    if rule.month < 1 or rule.month > 12 or rule.week < 1 or rule.week > 5 or rule.day > 6 then return nil end
  else
    local julian
    julian, day, rest = text:match '^,(J?)(%d+)(.*)$'
    if not day or #day > 3 then return nil end
    rule.kind, rule.day = julian == 'J' and 'julian' or 'day', tonumber(day)
  end
  local time = rest:match '^/(.*)$'
  if time then
    rule.time, rest = seconds(time)
    if not rule.time then return nil end
  end
  return rule, rest
end

--- Returns a rule, {standard, summer, starts, ends}, or nil when the text is none.
---@param text string
---@return table?
function M.parse(text)
  local rule = {}
  local standard, rest = name(text)
  if not standard then return nil end
  local offset
  offset, rest = seconds(rest)
  if not offset then return nil end
  rule.standard = { offset = -offset, name = standard, is_dst = false }
  if rest == '' then return rule end
  local summer
  summer, rest = name(rest)
  if not summer then return nil end
  rule.summer = { offset = rule.standard.offset + 3600, name = summer, is_dst = true }
  if rest:sub(1, 1) ~= ',' then
    offset, rest = seconds(rest)
    if not offset then return nil end
    rule.summer.offset = -offset
  end
  rule.starts, rest = change(rest)
  if not rule.starts then return nil end
  rule.ends, rest = change(rest)
  if not rule.ends or rest ~= '' then return nil end
  return rule
end

-- The moment of a change in a year, as seconds since 1970 in local time before the change.
local function moment(rule, year)
  local days
  if rule.kind == 'month' then
    local first = calendar.days(year, rule.month, 1)
    days = first + (rule.day - calendar.weekday(first)) % 7 + 7 * (rule.week - 1)
    if days >= first + calendar.days_in(year, rule.month) then days = days - 7 end
  else
    days = calendar.days(year, 1, 1) + rule.day
    if rule.kind == 'julian' then
      -- Counts from 1 and never counts the leap day.
      days = days - 1
      if calendar.is_leap(year) and rule.day >= 60 then days = days + 1 end
    end
  end
  return days * 86400 + rule.time
end

--- Returns the zone, {offset, name, is_dst}, at `unix` seconds.
---@param rule table
---@param unix number
---@return table
function M.at(rule, unix)
  if not rule.summer then return rule.standard end
  local year = calendar.date(math.floor((unix + rule.standard.offset) / 86400))
  local starts = moment(rule.starts, year) - rule.standard.offset
  local ends = moment(rule.ends, year) - rule.summer.offset
  local summer
  if starts < ends then
    summer = unix >= starts and unix < ends
  else
    summer = unix >= starts or unix < ends
  end
  return summer and rule.summer or rule.standard
end

return M
