-- What the standard streams are to a script: whether each is a terminal, how wide it is, whether it has colors; and the width of texts.
local ffi = require 'ffi'
local output = require 'lua.scripts.output'

ffi.cdef [[
typedef struct { unsigned short rows, columns, width, height; } mw_window;
int ioctl(int descriptor, unsigned long request, ...);
int isatty(int descriptor);
]]

local C, os_getenv = ffi.C, os.getenv
local byte, sub, find, gsub, rep = string.byte, string.sub, string.find, string.gsub, string.rep

local M = {}

local WINDOW_SIZE = 0x5413
local NARROWEST, DEFAULT_WIDTH = 20, 80
local DESCRIPTORS = { output = 1, error = 2 }

--- Says whether a stream is a terminal; in a session neither is: it has the terminal for itself.
---@param stream "output"|"error"
---@return boolean
function M.is_terminal(stream) return not output.is_redirected() and C.isatty(DESCRIPTORS[stream]) == 1 end

--- Says whether a stream shows colors, and its user wants them.
---@param stream "output"|"error"
---@return boolean
function M.has_colors(stream)
  local unwanted = os_getenv 'NO_COLOR'
  return M.is_terminal(stream) and (unwanted == nil or unwanted == '') and os_getenv 'TERM' ~= 'dumb'
end

--- Returns how many columns a stream has; 80 where it is not a terminal.
---@param stream "output"|"error"
---@return integer
function M.width(stream)
  if not M.is_terminal(stream) then return DEFAULT_WIDTH end
  local window = ffi.new 'mw_window'
  if C.ioctl(DESCRIPTORS[stream], WINDOW_SIZE, window) ~= 0 or window.columns == 0 then return DEFAULT_WIDTH end
  return math.max(window.columns, NARROWEST)
end

-- Text ---------------------------------------------------------------------------------------------------------------------

local COLOR = '^\27%[[%d;]*m'

-- First and last code points of what takes two columns, and of what takes none.
local WIDE = {
  { 0x1100, 0x115f },
  { 0x2e80, 0x303e },
  { 0x3041, 0x33ff },
  { 0x3400, 0x4dbf },
  { 0x4e00, 0x9fff },
  { 0xa000, 0xa4cf },
  { 0xac00, 0xd7a3 },
  { 0xf900, 0xfaff },
  { 0xfe30, 0xfe6f },
  { 0xff00, 0xff60 },
  { 0xffe0, 0xffe6 },
  { 0x1f300, 0x1f64f },
  { 0x1f900, 0x1f9ff },
  { 0x20000, 0x3fffd },
}
local NONE = { { 0x300, 0x36f }, { 0x200b, 0x200f }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f } }

local function within(ranges, code)
  for i = 1, #ranges do
    if code >= ranges[i][1] and code <= ranges[i][2] then return true end
  end
  return false
end

-- The character at `at`: where the next begins, and how many columns it takes. Bytes that are not UTF-8 take one each.
local function character(text, at)
  local code = byte(text, at)
  if code < 0x80 then return at + 1, 1 end
  local length = code >= 0xf0 and 4 or code >= 0xe0 and 3 or code >= 0xc0 and 2 or 1
  if length == 1 or at + length - 1 > #text then return at + 1, 1 end
  code = code % 2 ^ (7 - length)
  for i = at + 1, at + length - 1 do
    code = code * 64 + byte(text, i) % 64
  end
  return at + length, within(WIDE, code) and 2 or within(NONE, code) and 0 or 1
end

-- Where a text has filled `most` columns, how many those are, and whether that is all of it; colors take none.
local function measure(text, most)
  local at, columns = 1, 0
  while at <= #text do
    local _, last = find(text, COLOR, at)
    if last then
      at = last + 1
    else
      local following, wide = character(text, at)
      if columns + wide > most then return at - 1, columns, false end
      at, columns = following, columns + wide
    end
  end
  return #text, columns, true
end

--- Returns a text on one line, without what would move the cursor or do worse; colors stay.
---@param text string
---@return string
function M.clean(text)
  text = gsub(text, '[\t\r\n]+', ' ')
  if not find(text, '[%z\1-\31\127]') then return text end
  text = gsub(text, '\27(%[[%d;]*m)', '\1%1')
  text = gsub(text, '[%z\2-\31\127]', '?')
  return (gsub(text, '\1(%[[%d;]*m)', '\27%1'):gsub('\1', '?'))
end

--- Returns how many columns a text takes.
---@param text string
---@return integer
function M.columns(text)
  local _, columns = measure(text, math.huge)
  return columns
end

--- Returns a text in exactly so many columns: filled up with spaces, at its left for what stands right; or cut short, with dots.
---@param text string
---@param columns integer
---@param right? boolean
---@return string
function M.fit(text, columns, right)
  local _, taken, all = measure(text, columns)
  if not all then
    local dots = columns > 1 and '…' or ''
    local last, left = measure(text, columns - #dots / 3)
    local colored = find(text, '\27[', 1, true) and '\27[0m' or ''
    return sub(text, 1, last) .. dots .. colored .. rep(' ', columns - left - #dots / 3)
  end
  local space = rep(' ', columns - taken)
  return right and space .. text or text .. space
end

return M
