-- Generates the code that lifts the arguments of a function that a guest imports from flat core values: the slots of `io` from `s` on.
-- A slot that cases of a variant share is read as what its case has there: the narrower value lies in the lower bits of the wider.
-- Source: CanonicalABI.md, "Flat Lifting".

local check = require 'lua.abi.check'
local lift = require 'lua.abi.lift'
local lower = require 'lua.abi.lower'

local plus, SLOT = lower.plus, lower.SLOT

local M = {}

local flat = { name = 'flat_arguments', kinds = {} }
local elements = { name = 'elements', kinds = {} }

function elements.kinds.list(e, t) return 'function(p, n)\n' .. lift.elements(e, t) .. '\nend' end

-- The expression that lifts `t` from the slots from `s`, an expression, on; `inside` is true in tuples.
local function text(e, t, s, inside)
  local kind = t.kind
  if kind == 'f32' or kind == 'f64' then return ('%s_at(io + (%s))'):format(kind, s) end
  if kind == 'string' then return ('string_of(io[%s].u32, io[%s].u32)'):format(s, plus(s, 1)) end
  if kind == 'list' then
    local of = t.element.kind == 'u8' and 'bytes_of' or e:func(elements, t)
    return ('%s(io[%s].u32, io[%s].u32)'):format(of, s, plus(s, 1))
  end
  local raw = ('io[%s].%s'):format(s, SLOT[kind] or 'u32')
  if lift.NARROW[kind] then raw = lift.NARROW[kind]:format(raw) end
  local value = lift.scalar(e, t, raw)
  if value then return value end
  return ('%s(io, %s)'):format(e:func(flat, t, kind == 'option' and inside and 'inside' or nil), s)
end
M.text = text

function flat.kinds.record(e, t)
  local out, slot = { ('function(io, s) local r = new(0, %d)'):format(#t.fields) }, 0
  for _, field in ipairs(t.fields) do
    out[#out + 1] = ('r[%q] = %s'):format(field.name, text(e, field.type, plus('s', slot)))
    slot = slot + #field.type.flat
  end
  out[#out + 1] = ('return %s end'):format(lift.named(e, t, 'r'))
  return table.concat(out, '\n')
end

function flat.kinds.tuple(e, t)
  local out, slot = { ('function(io, s) local r = new(%d, 0)'):format(#t.types) }, 0
  for i, part in ipairs(t.types) do
    out[#out + 1] = ('r[%d] = %s'):format(i, text(e, part, plus('s', slot), true))
    slot = slot + #part.flat
  end
  out[#out + 1] = 'return r end'
  return table.concat(out, '\n')
end

function flat.kinds.option(e, t, variant)
  local none = variant == 'inside' and 'none' or 'nil'
  local some = text(e, t.some, 's + 1', t.some.kind == 'option')
  if t.some.kind == 'option' then some = ('some(%s)'):format(some) end
  return ([[function(io, s)
    local d = io[s].u32
    if d == 0 then return %s elseif d == 1 then return %s end
    return wrong(%s, "is not a case of the option") end]]):format(none, some, none)
end

local function cases(t, branch)
  local numbered = {}
  for i, case in ipairs(t.cases) do
    numbered[i] = { case = case, number = i }
  end
  return table.concat({
    'function(io, s)',
    'local c = io[s].u32 + 1',
    ('if c > %d then return wrong("", "is not a case of the %s") end'):format(#t.cases, t.kind),
    check.chain(numbered, branch),
    'end',
  }, '\n')
end

function flat.kinds.variant(e, t)
  return cases(t, function(case)
    if not case.type then return ('return %q'):format(case.name) end
    return ('return {[%q] = %s}'):format(case.name, text(e, case.type, 's + 1', true))
  end)
end

function flat.kinds.result(e, t)
  return cases(
    t,
    function(case) return ('return {%s = %s}'):format(case.name, case.type and text(e, case.type, 's + 1', true) or 'true') end
  )
end

return M
