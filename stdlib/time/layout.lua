-- Go's layouts: a text that shows how the moment Mon Jan 2 15:04:05 2006 -0700 is to be written, split into its elements.
local M = {}

M.LAYOUTS = {
  LAYOUT = "01/02 03:04:05PM '06 -0700",
  ANSIC = 'Mon Jan _2 15:04:05 2006',
  UNIXDATE = 'Mon Jan _2 15:04:05 MST 2006',
  RUBYDATE = 'Mon Jan 02 15:04:05 -0700 2006',
  RFC822 = '02 Jan 06 15:04 MST',
  RFC822Z = '02 Jan 06 15:04 -0700',
  RFC850 = 'Monday, 02-Jan-06 15:04:05 MST',
  RFC1123 = 'Mon, 02 Jan 2006 15:04:05 MST',
  RFC1123Z = 'Mon, 02 Jan 2006 15:04:05 -0700',
  RFC3339 = '2006-01-02T15:04:05Z07:00',
  RFC3339NANO = '2006-01-02T15:04:05.999999999Z07:00',
  KITCHEN = '3:04PM',
  STAMP = 'Jan _2 15:04:05',
  STAMPMILLI = 'Jan _2 15:04:05.000',
  STAMPMICRO = 'Jan _2 15:04:05.000000',
  STAMPNANO = 'Jan _2 15:04:05.000000000',
  DATETIME = '2006-01-02 15:04:05',
  DATEONLY = '2006-01-02',
  TIMEONLY = '15:04:05',
}

for ours, name in pairs {
  STAMPMILLI = 'STAMP_MILLI',
  STAMPMICRO = 'STAMP_MICRO',
  STAMPNANO = 'STAMP_NANO',
  DATETIME = 'DATE_TIME',
  DATEONLY = 'DATE_ONLY',
  TIMEONLY = 'TIME_ONLY',
} do
  M.LAYOUTS[name] = M.LAYOUTS[ours]
end

-- Elements by their first character, the longest first.
local ELEMENTS = {
  J = { { 'January', 'long month' }, { 'Jan', 'month' } },
  M = { { 'Monday', 'long weekday' }, { 'Mon', 'weekday' }, { 'MST', 'zone name' } },
  ['0'] = {
    { '002', '0 year day' },
    { '01', '0 month' },
    { '02', '0 day' },
    { '03', '0 hour12' },
    { '04', '0 minute' },
    { '05', '0 second' },
    { '06', 'year2' },
  },
  ['1'] = { { '15', 'hour' }, { '1', 'number month' } },
  ['2'] = { { '2006', 'year' }, { '2', 'number day' } },
  ['_'] = { { '_2006', '_year' }, { '__2', '_ year day' }, { '_2', '_ day' } },
  ['3'] = { { '3', 'number hour12' } },
  ['4'] = { { '4', 'number minute' } },
  ['5'] = { { '5', 'number second' } },
  P = { { 'PM', 'PM' } },
  p = { { 'pm', 'pm' } },
  ['-'] = {
    { '-070000', 'offset hms' },
    { '-07:00:00', 'offset h:m:s' },
    { '-0700', 'offset hm' },
    { '-07:00', 'offset h:m' },
    { '-07', 'offset h' },
  },
  Z = {
    { 'Z070000', 'Z offset hms' },
    { 'Z07:00:00', 'Z offset h:m:s' },
    { 'Z0700', 'Z offset hm' },
    { 'Z07:00', 'Z offset h:m' },
    { 'Z07', 'Z offset h' },
  },
}

local function element_at(layout, at)
  local first = layout:sub(at, at)
  if first == '.' or first == ',' then
    local digits = layout:match('^0+', at + 1) or layout:match('^9+', at + 1)
    if digits and not layout:find('^%d', at + 1 + #digits) then
      return {
        kind = digits:sub(1, 1) == '0' and 'fraction' or 'short fraction',
        digits = #digits,
        separator = first,
        text = first .. digits,
      }
    end
    return nil
  end
  for _, element in ipairs(ELEMENTS[first] or {}) do
    local text = element[1]
    if layout:sub(at, at + #text - 1) == text then
      -- "Jan" in a longer word is text.
      if text ~= 'Jan' or not layout:find('^%l', at + 3) then return { kind = element[2], text = text } end
    end
  end
end

local cache, cached = {}, 0
local MOST_CACHED = 256

--- Says whether a text has an element of a layout.
---@param text string
---@return boolean
function M.is_layout(text)
  for _, element in ipairs(M.split(text)) do
    if element.kind then return true end
  end
  return false
end

--- Splits a layout into elements: {kind, text}, and {text} for what stands for itself.
---@param layout string
---@return {kind: string?, text: string}[]
function M.split(layout)
  local known = cache[layout]
  if known then return known end
  ---@type {kind: string?, text: string}[]
  local elements = {}
  local at, start = 1, 1
  while at <= #layout do
    local element = element_at(layout, at)
    if element and element.kind == '_year' then
      -- An underscore, then the year.
      elements[#elements + 1] = { text = layout:sub(start, at) }
      elements[#elements + 1] = { kind = 'year', text = '2006' }
      at = at + 5
      start = at
    elseif element then
      if at > start then elements[#elements + 1] = { text = layout:sub(start, at - 1) } end
      elements[#elements + 1] = element
      at = at + #element.text
      start = at
    else
      at = at + 1
    end
  end
  if at > start then elements[#elements + 1] = { text = layout:sub(start) } end
  if cached >= MOST_CACHED then
    cache, cached = {}, 0
  end
  cache[layout], cached = elements, cached + 1
  return elements
end

return M
