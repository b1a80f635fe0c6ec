-- Gives a result that came from another lane the shape that it had there: records are readable by `tag_count`.

local lift = require 'lua.abi.lift'

local metas = setmetatable({}, { __mode = 'k' })

-- The metatable for records of type `t`, or false when all its names are Lua names.
local function meta_of(t)
  if metas[t] == nil then metas[t] = lift.alias_meta(t) or false end
  return metas[t]
end

local finish

local function each(t, value)
  for i = 1, #value do
    value[i] = finish(t, value[i])
  end
end

local kinds = {}

function kinds.list(t, value)
  if type(value) == 'table' then each(t.element, value) end
end

function kinds.map(t, value)
  local of = t.element.types[2]
  for key, x in next, value do
    value[key] = finish(of, x)
  end
end

function kinds.tuple(t, value)
  for i, part in ipairs(t.types) do
    value[i] = finish(part, value[i])
  end
end

function kinds.record(t, value)
  for _, field in ipairs(t.fields) do
    value[field.name] = finish(field.type, value[field.name])
  end
  local meta = meta_of(t)
  if meta then setmetatable(value, meta) end
end

local function cases(t, value)
  if type(value) ~= 'table' then return end
  for _, case in ipairs(t.cases or { { name = 'ok', type = t.ok }, { name = 'err', type = t.err } }) do
    if case.type and value[case.name] ~= nil then value[case.name] = finish(case.type, value[case.name]) end
  end
end
kinds.variant, kinds.result = cases, cases

function kinds.option(t, value)
  if type(value) == 'table' and t.some.kind == 'option' then
    value[1] = finish(t.some, value[1])
  elseif type(value) == 'table' then
    finish(t.some, value)
  end
end

finish = function(t, value)
  local of = kinds[t.kind]
  if of and value ~= nil then of(t, value) end
  return value
end

return finish
