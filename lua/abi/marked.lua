-- Marks the maps among arguments on their way to another Lua state or to Python: a table with keys other than 1..n and names leaves its
-- Lua state only as a map. The value is not checked yet, so nothing is taken for granted; what does not fit stays as it is.

local intermediate = require 'lua.values.intermediate'
local maps = require 'lua.values.maps'
local optional = require 'lua.values.optional'

local M = {}

local holds = setmetatable({}, { __mode = 'k' }) -- type -> whether it is or holds a map

local function parts(t)
  if t.kind == 'stream' or t.kind == 'future' then return {} end
  local out = { t.element or t.some or t.ok }
  out[#out + 1] = t.err
  for _, part in ipairs(t.fields or t.cases or t.types or {}) do
    out[#out + 1] = part.kind and part or part.type
  end
  return out
end

local function has_map(t)
  if holds[t] == nil then
    local found = t.kind == 'map'
    for _, part in ipairs(parts(t)) do
      found = found or has_map(part)
    end
    holds[t] = found
  end
  return holds[t]
end

local kinds = {}

local function mark(t, v)
  if type(v) ~= 'table' or not has_map(t) then return v end
  return kinds[t.kind](t, v)
end

-- A copy with `of(key, x)` for each value.
local function copied(v, of)
  local out = {}
  for key, x in next, v do
    out[key] = of(key, x)
  end
  return out
end

function kinds.map(t, v)
  if getmetatable(v) == optional.TAG then return v end
  local of = t.element.types[2]
  return maps.mark(copied(v, function(_, x) return mark(of, x) end))
end

function kinds.list(t, v)
  return copied(v, function(_, x) return mark(t.element, x) end)
end

function kinds.tuple(t, v)
  return copied(v, function(key, x)
    local of = t.types[key]
    if not of then return x end
    return mark(of, x)
  end)
end

-- Of records, variants and results: by names, those of fields with `_` too.
local function named(types, v)
  return copied(v, function(key, x)
    local of = types[key] or type(key) == 'string' and types[(key:gsub('_', '-'))]
    if not of then return x end
    return mark(of, x)
  end)
end

local function by_name(t, v)
  local types = { ok = t.ok, err = t.err }
  for _, part in ipairs(t.fields or t.cases or {}) do
    types[part.name] = part.type
  end
  return named(types, v)
end
kinds.record, kinds.variant, kinds.result = by_name, by_name, by_name

function kinds.option(t, v)
  if getmetatable(v) == optional.TAG then return optional.some(mark(t.some, rawget(v, 1))) end
  return mark(t.some, v)
end

local function takes_maps(sig)
  for _, param in ipairs(sig and sig.params or {}) do
    if has_map(param.type) then return true end
  end
  return false
end

--- Gives the function that encodes the arguments of a call: encode(...) gives the text, or nil and what can't be encoded.
---@param sig table? the signature, where it is known
---@return fun(...: any): string?, string?
function M.encoder(sig)
  if not takes_maps(sig) then
    return function(...) return intermediate.encode_all(select('#', ...), ...) end
  end
  return function(...)
    local values, count = { ... }, select('#', ...)
    for i, param in ipairs(sig.params) do
      values[i] = mark(param.type, values[i])
    end
    return intermediate.encode_all(count, unpack(values, 1, count))
  end
end

return M
