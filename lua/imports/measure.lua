-- Generates the code that says what memory of the guest a checked value takes: it calls ask(size, align) for each string and list, in the
-- order in which lua/abi/lower.lua takes that memory. A function of the host can't call the guest's realloc itself.

local lower = require 'lua.abi.lower'

local M = {}

local measure = { name = 'measure', kinds = {} }

-- Tells whether values of a laid out type take memory beyond their own place.
local function points(t)
  if t == nil then return false end
  if t.points == nil then
    local found = t.kind == 'string' or t.kind == 'list'
    for _, item in ipairs(t.fields or t.cases or t.types or {}) do
      local part = item.kind and item or item.type
      found = found or points(part)
    end
    t.points = found
  end
  return t.points
end
M.points = points

-- Statements for the expression `v`.
local function text(e, t, v)
  if not points(t) then return '' end
  if t.kind == 'string' then return ('ask(#%s, 1)'):format(v) end
  return ('%s(%s)'):format(e:func(measure, t), v)
end
M.text = text

function measure.kinds.list(e, t)
  local out = { 'function(v)' }
  if t.element.kind == 'u8' then out[#out + 1] = 'if type(v) == "string" then return ask(#v, 1) end' end
  out[#out + 1] = ('local n = #v ask(n * %d, %d)'):format(t.element.size, t.element.align)
  if points(t.element) then out[#out + 1] = ('for i = 1, n do local x = rawget(v, i) %s end'):format(text(e, t.element, 'x')) end
  out[#out + 1] = 'end'
  return table.concat(out, '\n')
end

local function parts(e, t)
  local out = { 'function(v) local x' }
  for _, part in ipairs(lower.parts_of(t)) do
    if points(part.type) then out[#out + 1] = part.read .. ' ' .. text(e, part.type, 'x') end
  end
  out[#out + 1] = 'end'
  return table.concat(out, '\n')
end
measure.kinds.record, measure.kinds.tuple = parts, parts

local function case(e, t)
  return table.concat({
    'function(v)',
    lower.open_case(e, t),
    lower.payloads(t, function(type) return text(e, type, 'p') end),
    'end',
  }, '\n')
end
for _, kind in ipairs { 'variant', 'option', 'result' } do
  measure.kinds[kind] = case
end

return M
