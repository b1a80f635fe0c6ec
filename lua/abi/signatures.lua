-- Signatures and their types as they arrive from Python: parts are named by numbers there, and are the tables themselves here.

local M = {}

-- A type table that arrived as {types = {...}} with indices for parts, with the tables themselves for parts.
local function link_types(types)
  local function at(index) return index and types[index] end
  for _, t in ipairs(types) do
    t.element, t.some, t.ok, t.err = at(t.element), at(t.some), at(t.ok), at(t.err)
    for _, part in ipairs(t.fields or t.cases or {}) do
      part.type = at(part.type)
    end
    for i, index in ipairs(t.types or {}) do
      t.types[i] = types[index]
    end
  end
end

--- Links a signature that arrives as {name, types, params = {{name, text, type = index}}, result = index}, once, and gives it back.
---@param sig table
---@return table sig
function M.link(sig)
  if sig.linked then return sig end
  sig.linked = true
  link_types(sig.types)
  for _, param in ipairs(sig.params) do
    param.type = sig.types[param.type]
  end
  sig.result = sig.result and sig.types[sig.result]
  return sig
end

--- Tells whether a function gives a result whose err side is a variant: its case is what the error says.
---@param sig table
---@return boolean
function M.err_is_variant(sig)
  local err = sig.result and sig.result.kind == 'result' and sig.result.err
  return err and err.kind == 'variant' or false
end

return M
