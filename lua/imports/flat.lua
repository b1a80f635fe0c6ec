-- Generates the code that lifts the arguments of a function that a guest imports from flat core values: the slots of `io` from `s` on.
-- A slot that cases of a variant share is read as what its case has there: the narrower value lies in the lower bits of the wider.
-- Source: CanonicalABI.md, "Flat Lifting".

local check = require 'lua.abi.check'
local emitter = require 'lua.abi.emitter'
local lift = require 'lua.abi.lift'
local lower = require 'lua.abi.lower'

local block, quote = emitter.block, emitter.quote
local plus, SLOT = lower.plus, lower.SLOT

local M = {}

local flat = { name = 'flat_arguments', kinds = {} }
local elements = { name = 'elements', kinds = {} }

function elements.kinds.list(e, t)
  local b = block 'function(p, n)'
  b:put(lift.elements(e, t))
  return b:text()
end

function elements.kinds.map(e, t)
  local b = block 'function(p, n)'
  b:put(lift.pairs(e, t))
  return b:text()
end

--- The expression that lifts `t` from the slots from `s`, an expression, on; `inside` is true in tuples and cases, where an absent option
-- is `none`.
---@param e Emitter
---@param t table a laid out type
---@param s string
---@param inside boolean?
---@return string
function M.text(e, t, s, inside)
  local kind = t.kind
  if kind == 'f32' or kind == 'f64' then return ('%s_at(io + (%s))'):format(kind, s) end
  if kind == 'string' then return ('string_of(io[%s].u32, io[%s].u32)'):format(s, plus(s, 1)) end
  if kind == 'list' or kind == 'map' then
    local of = t.element.kind == 'u8' and 'bytes_of' or e:func(elements, t)
    return ('%s(io[%s].u32, io[%s].u32)'):format(of, s, plus(s, 1))
  end
  local raw = ('io[%s].%s'):format(s, SLOT[kind] or 'u32')
  if lift.NARROW[kind] then raw = lift.NARROW[kind]:format(raw) end
  local value = lift.scalar(e, t, raw)
  if value then return value end
  return ('%s(io, %s)'):format(e:func(flat, t, kind == 'option' and inside and 'inside' or nil), s)
end
local text = M.text

function flat.kinds.record(e, t)
  local b, slot = block 'function(io, s)', 0
  b:put('local r = new(0, %d)', #t.fields)
  for _, field in ipairs(t.fields) do
    b:put('r[%s] = %s', quote(field.name), text(e, field.type, plus('s', slot)))
    slot = slot + #field.type.flat
  end
  b:put('return %s', lift.named(e, t, 'r'))
  return b:text()
end

function flat.kinds.tuple(e, t)
  local b, slot = block 'function(io, s)', 0
  b:put('local r = new(%d, 0)', #t.types)
  for i, part in ipairs(t.types) do
    b:put('r[%d] = %s', i, text(e, part, plus('s', slot), true))
    slot = slot + #part.flat
  end
  b:put 'return r'
  return b:text()
end

function flat.kinds.option(e, t, variant)
  local none = variant == 'inside' and 'none' or 'nil'
  local some = text(e, t.some, 's + 1', t.some.kind == 'option')
  if t.some.kind == 'option' then some = ('some(%s)'):format(some) end
  local b = block 'function(io, s)'
  b:put 'local d = io[s].u32'
  b:open 'if d == 0 then'
  b:put('return %s', none)
  b:turn 'elseif d == 1 then'
  b:put('return %s', some)
  b:close()
  b:put('return wrong(%s, "is not a case of the option")', none)
  return b:text()
end

-- `branch(case)` per case, as branches on the case's number.
local function cases(t, branch)
  local numbered = {}
  for i, case in ipairs(t.cases) do
    numbered[i] = { case = case, number = i }
  end
  local b = block 'function(io, s)'
  b:put 'local c = io[s].u32 + 1'
  b:put('if c > %d then return wrong("", "is not a case of the %s") end', #t.cases, t.kind)
  b:put(check.chain(numbered, branch))
  return b:text()
end

function flat.kinds.variant(e, t)
  return cases(t, function(case)
    if not case.type then return ('return %s'):format(quote(case.name)) end
    return ('return {[%s] = %s}'):format(quote(case.name), text(e, case.type, 's + 1', true))
  end)
end

function flat.kinds.result(e, t)
  return cases(
    t,
    function(case) return ('return {%s = %s}'):format(case.name, case.type and text(e, case.type, 's + 1', true) or 'true') end
  )
end

return M
