-- The Gregorian calendar: days since 1970-01-01 against year, month and day. Plain numbers, all exact.
local floor = math.floor

local M = {}

M.MONTHS = { 'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December' }
M.WEEKDAYS = { [0] = 'Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday' }

--- Returns the days since 1970-01-01 of a date; months and days beyond their ends count on, as in Go.
---@param year integer
---@param month integer
---@param day integer
---@return integer
function M.days(year, month, day)
  year = year + floor((month - 1) / 12)
  month = (month - 1) % 12 + 1
  -- The year begins in March, so that the leap day is its last.
  local y = month <= 2 and year - 1 or year
  local era = floor(y / 400)
  local of_era = y - era * 400
  local of_year = floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return era * 146097 + of_era * 365 + floor(of_era / 4) - floor(of_era / 100) + of_year - 719468
end

--- Returns year, month and day.
---@param days integer
---@return integer
---@return integer
---@return integer
function M.date(days)
  local z = days + 719468
  local era = floor(z / 146097)
  local of_era = z - era * 146097
  local year = floor((of_era - floor(of_era / 1460) + floor(of_era / 36524) - floor(of_era / 146096)) / 365)
  local of_year = of_era - (365 * year + floor(year / 4) - floor(year / 100))
  local m = floor((5 * of_year + 2) / 153)
  local day = of_year - floor((153 * m + 2) / 5) + 1
  local month = m < 10 and m + 3 or m - 9
  return year + era * 400 + (month <= 2 and 1 or 0), month, day
end

--- Returns the weekday, 0 for Sunday.
---@param days integer
---@return integer
function M.weekday(days) return (days + 4) % 7 end

--- Says whether a year has a leap day.
---@param year integer
---@return boolean
function M.is_leap(year) return year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0) end

--- Returns how many days a month has.
---@param year integer
---@param month integer
---@return integer
function M.days_in(year, month) return M.days(year, month + 1, 1) - M.days(year, month, 1) end

return M
