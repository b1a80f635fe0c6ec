-- Collects the text of generated Lua: one function per operation and composite type, each written once.
--
-- Operations are modules with a table `kinds`: kind -> function(emitter, type) that gives the text of a Lua function.
-- Functions refer to each other by placeholders, which become local names while there are few of them, else fields of
-- one table (Lua allows 200 locals and 60 upvalues per function).

local M = {}
M.__index = M

local MOST_LOCALS = 20

function M.new() return setmetatable({ bodies = {}, known = {}, constants = {}, count = 0 }, M) end

-- The placeholder of the function that does `operation` for type `t`; `variant` tells apart several for one type.
function M:func(operation, t, variant)
  local key = operation.name .. (variant or '')
  local known = self.known[key]
  if not known then
    known = {}
    self.known[key] = known
  end
  if not known[t] then
    local body = operation.kinds[t.kind](self, t, variant)
    self.count = self.count + 1
    known[t] = ('@%d@'):format(self.count)
    self.bodies[self.count] = body
  end
  return known[t]
end

-- The text that reads a constant table (names of cases, bits of flags) of the generated code.
function M:constant(value)
  self.constants[#self.constants + 1] = value
  return ('K[%d]'):format(#self.constants)
end

-- The whole text: the functions in the order they need each other, then `main`.
function M:text(main)
  local few = self.count <= MOST_LOCALS
  local out = { few and '' or 'local F = {}' }
  for i, body in ipairs(self.bodies) do
    out[#out + 1] = (few and 'local @%d@ = %s' or '@%d@ = %s'):format(i, body)
  end
  out[#out + 1] = main
  return (table.concat(out, '\n'):gsub('@(%d+)@', few and 'f%1' or 'F[%1]'))
end

return M
