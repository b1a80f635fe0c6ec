-- Generates the code that says what memory of the guest a checked value takes: it calls ask(size, align) for each string and list, in the
-- order in which lua/abi/lower.lua takes that memory. Lists have it allocated by batches (lua/abi/batches.lua); and a function of the host
-- can't call the guest's realloc itself.

local emitter = require 'lua.abi.emitter'
local layout = require 'lua.abi.layout'
local lower = require 'lua.abi.lower'

local block, points = emitter.block, layout.has_pointers

local M = {}

local measure = { name = 'measure', kinds = {} }

--- The statement that measures the expression `v`; '' where it takes no memory.
---@param e Emitter
---@param t table a laid out type
---@param v string
---@return string
function M.text(e, t, v)
  if not points(t) then return '' end
  if t.kind == 'string' then return ('ask(#%s, 1)'):format(v) end
  return ('%s(%s)'):format(e:func(measure, t), v)
end

--- The function that measures values of a type.
---@param e Emitter
---@param t table a laid out type
---@return string
function M.of(e, t) return e:func(measure, t) end

function measure.kinds.list(e, t)
  local b = block 'function(v)'
  if t.element.kind == 'u8' then b:within('if type(v) == "string" then', 'return ask(#v, 1)') end
  b:put 'local n = #v'
  b:put('ask(n * %d, %d)', t.element.size, t.element.align)
  if points(t.element) then
    b:open 'for i = 1, n do'
    b:put 'local x = rawget(v, i)'
    b:put(M.text(e, t.element, 'x'))
    b:close()
  end
  return b:text()
end

function measure.kinds.map(e, t)
  local element = t.element
  local b = block 'function(v)'
  b:put 'local n = 0'
  b:within('for _ in next, v do', 'n = n + 1')
  b:put('ask(n * %d, %d)', element.size, element.align)
  if points(element) then
    b:open 'for k, x in next, v do'
    b:put(M.text(e, element.types[1], 'k'))
    b:put(M.text(e, element.types[2], 'x'))
    b:close()
  end
  return b:text()
end

local function parts(e, t)
  local b = block 'function(v)'
  b:put 'local x'
  for _, part in ipairs(lower.parts_of(t)) do
    if points(part.type) then
      b:put(part.read)
      b:put(M.text(e, part.type, 'x'))
    end
  end
  return b:text()
end
measure.kinds.record, measure.kinds.tuple = parts, parts

local function case(e, t)
  local b = block 'function(v)'
  b:put(lower.open_case(e, t))
  b:put(lower.payloads(t, function(type) return M.text(e, type, 'p') end))
  return b:text()
end
for _, kind in ipairs { 'variant', 'option', 'result' } do
  measure.kinds[kind] = case
end

return M
