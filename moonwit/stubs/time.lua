---@meta

---Go's clock: durations are text ("1h30m"), a Duration, or a number of nanoseconds.
---@class time
---@field NANOSECOND integer
---@field MICROSECOND integer
---@field MILLISECOND integer
---@field SECOND integer
---@field MINUTE integer
---@field HOUR integer
---@field JANUARY integer
---@field FEBRUARY integer
---@field MARCH integer
---@field APRIL integer
---@field MAY integer
---@field JUNE integer
---@field JULY integer
---@field AUGUST integer
---@field SEPTEMBER integer
---@field OCTOBER integer
---@field NOVEMBER integer
---@field DECEMBER integer
---@field SUNDAY integer
---@field MONDAY integer
---@field TUESDAY integer
---@field WEDNESDAY integer
---@field THURSDAY integer
---@field FRIDAY integer
---@field SATURDAY integer
---@field LAYOUT string
---@field ANSIC string
---@field UNIXDATE string
---@field RUBYDATE string
---@field RFC822 string
---@field RFC822Z string
---@field RFC850 string
---@field RFC1123 string
---@field RFC1123Z string
---@field RFC3339 string
---@field RFC3339NANO string
---@field KITCHEN string
---@field STAMP string
---@field STAMPMILLI string
---@field STAMPMICRO string
---@field STAMPNANO string
---@field STAMP_MILLI string
---@field STAMP_MICRO string
---@field STAMP_NANO string
---@field DATETIME string
---@field DATEONLY string
---@field TIMEONLY string
---@field DATE_TIME string
---@field DATE_ONLY string
---@field TIME_ONLY string
---@field UTC Location
---@field LOCAL Location
---@field utc Location
---@field localtz Location
local time = {}

---Gives the time now, in the system's zone.
---@return Time
function time.now() end

---Waits; others go on. With 0 or less, lets everything else run first that can.
---@param duration string|number|Duration
function time.sleep(duration) end

---Gives a channel on which the time comes, once, after a duration.
---@param duration string|number|Duration
---@return Channel
function time.after(duration) end

---Makes a timer, whose channel gets the time once, after a duration.
---@param duration string|number|Duration
---@return Timer? timer
---@return Error? err
function time.timer(duration) end

---Makes a ticker, whose channel gets the time every period; ticks that nobody receives in time are dropped.
---@param duration string|number|Duration
---@return Ticker? ticker
---@return Error? err
function time.ticker(duration) end

---Gives the duration since a time.
---@param time Time
---@return Duration
function time.since(time) end

---Gives the time of a date, in a location or else in the system's zone. What is beyond its range counts on.
---@param year integer
---@param month? integer
---@param day? integer
---@param hour? integer
---@param minute? integer
---@param second? integer
---@param nanosecond? integer
---@param location? Location
---@return Time
function time.date(year, month, day, hour, minute, second, nanosecond, location) end

---Gives the time so long after 1970 began in UTC.
---@param seconds integer
---@param nanoseconds? integer
---@return Time
function time.unix(seconds, nanoseconds) end

---Gives the time in a text that is written by a Go layout, such as `time.RFC3339`.
---@param layout string
---@param text string
---@param location? Location
---@return Time? time
---@return Error? err
function time.parse(layout, text, location) end

---Gives a duration of text such as "1h30m", or of nanoseconds.
---@param value string|number|Duration
---@return Duration? duration
---@return Error? err
function time.parse_duration(value) end

---Gives a location by its name ("Europe/Berlin", "UTC", "Local").
---@param name string
---@return Location? location
---@return Error? err
function time.load_location(name) end

---Gives a location that is always so many seconds east of UTC.
---@param name string
---@param offset integer
---@return Location
function time.fixed_zone(name, offset) end

---A length of time, in nanoseconds. Durations are added, subtracted, multiplied and compared.
---@class Duration
local Duration = {}

---Gives the nanoseconds.
---@return integer
function Duration:nanoseconds() end

---Gives the whole microseconds.
---@return integer
function Duration:microseconds() end

---Gives the whole milliseconds.
---@return integer
function Duration:milliseconds() end

---Gives the seconds with their fraction.
---@return number
function Duration:seconds() end

---Gives the minutes with their fraction.
---@return number
function Duration:minutes() end

---Gives the hours with their fraction.
---@return number
function Duration:hours() end

---Gives the duration without its sign.
---@return Duration
function Duration:abs() end

---Gives the duration as text.
---@return string
function Duration:string() end

---Rounds towards zero to a multiple of `unit`.
---@param unit string|number|Duration
---@return Duration
function Duration:truncate(unit) end

---Rounds to the nearest multiple of `unit`.
---@param unit string|number|Duration
---@return Duration
function Duration:round(unit) end

---A moment, in a location.
---@class Time
local Time = {}

---Gives the time a duration later.
---@param duration string|number|Duration
---@return Time
function Time:add(duration) end

---Gives the duration since another time, or the time a duration earlier.
---@param other Time|string|number|Duration
---@return Duration|Time
function Time:sub(other) end

---Gives the time that many years, months and days later.
---@param years integer
---@param months integer
---@param days integer
---@return Time
function Time:add_date(years, months, days) end

---Says whether this time is later.
---@param other Time
---@return boolean
function Time:after(other) end

---Says whether this time is earlier.
---@param other Time
---@return boolean
function Time:before(other) end

---Says whether both are the same moment.
---@param other Time
---@return boolean
function Time:equal(other) end

---Says whether this is the beginning of year 1, UTC.
---@return boolean
function Time:is_zero() end

---Gives the seconds since 1970.
---@return integer
function Time:unix() end

---Gives the milliseconds since 1970.
---@return integer
function Time:unix_milli() end

---Gives the microseconds since 1970.
---@return integer
function Time:unix_micro() end

---Gives the nanoseconds since 1970.
---@return integer
function Time:unix_nano() end

---Gives year, month and day.
---@return integer year
---@return integer month
---@return integer day
function Time:date() end

---Gives hour, minute and second.
---@return integer hour
---@return integer minute
---@return integer second
function Time:clock() end

---Gives the ISO 8601 year and week.
---@return integer year
---@return integer week
function Time:iso_week() end

---Gives the abbreviation of the zone, and its seconds east of UTC.
---@return string name
---@return integer offset
function Time:zone() end

---Gives the time as RFC 3339 text.
---@return string
function Time:format_rfc3339() end

---Gives the same moment in UTC.
---@return Time
function Time:utc() end

---Gives the same moment in the system's zone.
---@return Time
function Time:in_local() end

---Gives the location.
---@return Location
function Time:location() end

---Gives the time as text.
---@return string
function Time:string() end

---Gives the year.
---@return integer
function Time:year() end

---Gives the month, 1 to 12.
---@return integer
function Time:month() end

---Gives the day of the month.
---@return integer
function Time:day() end

---Gives the hour.
---@return integer
function Time:hour() end

---Gives the minute.
---@return integer
function Time:minute() end

---Gives the second.
---@return integer
function Time:second() end

---Gives the nanosecond.
---@return integer
function Time:nanosecond() end

---Gives the weekday, 0 for Sunday.
---@return integer
function Time:weekday() end

---Gives the day of the year.
---@return integer
function Time:year_day() end

---Rounds down to a multiple of a duration since year 1.
---@param unit string|number|Duration
---@return Time
function Time:truncate(unit) end

---Rounds to the nearest multiple of a duration since year 1.
---@param unit string|number|Duration
---@return Time
function Time:round(unit) end

---Gives the time as text by a Go layout, such as `time.RFC3339`.
---@param layout string
---@return string
function Time:format(layout) end

---Gives the same moment in a location.
---@param location Location
---@return Time
function Time:in_location(location) end

---A place's zone, with its changes of offset.
---@class Location
local Location = {}

---Gives the name.
---@return string
function Location:string() end

---A timer of `time.timer`.
---@class Timer
local Timer = {}

---Gives the channel that gets the time.
---@return Channel
function Timer:channel() end

---Gives the channel that gets the time, as `channel` does.
---@return Channel
function Timer:response() end

---Stops the timer. Gives whether it was still to come.
---@return boolean
function Timer:stop() end

---Sets the timer again. Gives whether it was still to come.
---@param duration string|number|Duration
---@return boolean
function Timer:reset(duration) end

---A ticker of `time.ticker`.
---@class Ticker
local Ticker = {}

---Gives the channel that gets the time.
---@return Channel
function Ticker:channel() end

---Gives the channel that gets the time, as `channel` does.
---@return Channel
function Ticker:response() end

---Stops the ticker, and gives whether it ran; its channel stays open.
---@return boolean
function Ticker:stop() end

---Starts the ticker anew with another period.
---@param duration string|number|Duration
function Ticker:reset(duration) end

return time
