-- Collects the text of generated Lua: blocks, which are opened and closed here, so that their indentation is right; and one function per
-- operation and composite type, each written once.
--
-- Operations are modules with a table `kinds`: kind -> function(emitter, type) that gives the text of a Lua function.
-- Functions refer to each other by placeholders, which become local names while there are few of them, else fields of
-- one table (Lua allows 200 locals and 60 upvalues per function).

local M = {}

-- Blocks --------------------------------------------------------------------------------------------------------------

--- Lines of text, those within a block deeper than what opens it.
---@class Block
---@field lines string[]
---@field depth integer how many blocks are open
local Block = {}
Block.__index = Block

--- Begins a text; `opening`, if there is one, opens its first block.
---@param opening string?
---@return Block
function M.block(opening, ...)
  local block = setmetatable({ lines = {}, depth = 0 }, Block)
  if opening then block:open(opening, ...) end
  return block
end

local function filled(text, ...) return select('#', ...) > 0 and text:format(...) or text end

--- Adds lines; with more arguments, `text` is a format for them.
---@param text string
function Block:put(text, ...)
  local indentation = ('  '):rep(self.depth)
  for line in filled(text, ...):gmatch '[^\n]+' do
    self.lines[#self.lines + 1] = indentation .. line
  end
end

--- Adds a line that opens a block, such as `if ... then`.
---@param text string
function Block:open(text, ...)
  self:put(text, ...)
  self.depth = self.depth + 1
end

--- Goes on with another branch of the open block, such as `else`.
---@param text string
function Block:turn(text, ...)
  self.depth = self.depth - 1
  self:open(text, ...)
end

--- Closes the innermost block.
function Block:close()
  self.depth = self.depth - 1
  self:put 'end'
end

-- How long a line may be that has a whole block.
local LONGEST = 120

--- Adds a block with a single statement in it, on one line where that is short.
---@param opening string
---@param text string
function Block:within(opening, text)
  local line = ('%s %s end'):format(opening, text)
  if #line <= LONGEST and not line:find '\n' then return self:put(line) end
  self:open(opening)
  self:put(text)
  self:close()
end

--- Closes what is open; gives the whole text.
---@return string
function Block:text()
  while self.depth > 0 do
    self:close()
  end
  return table.concat(self.lines, '\n')
end

--- A name as a string of Lua, on one line.
---@param name string
---@return string
function M.quote(name) return (('%q'):format(name):gsub('\\\n', '\\n')) end

-- Functions -----------------------------------------------------------------------------------------------------------

--- The functions and constants of one generated text.
---@class Emitter
---@field bodies string[] texts of functions
---@field known table<string, table<table, string>> operation -> type -> placeholder
---@field constants any[]
---@field count integer how many functions there are, or are being written
---@field measure (fun(e: Emitter, t: table): string)? measures lists, where these have their memory allocated by batches
---@field batched boolean? there are such lists
local Emitter = {}
Emitter.__index = Emitter

local MOST_LOCALS = 20

---@return Emitter
function M.new() return setmetatable({ bodies = {}, known = {}, constants = {}, count = 0, measure = nil, batched = nil }, Emitter) end

--- The placeholder of the function that does `operation` for type `t`; `variant` tells apart several for one type.
---@param operation {name: string, kinds: table<string, fun(e: Emitter, t: table, variant: string?): string>}
---@param t table
---@param variant string?
---@return string
function Emitter:func(operation, t, variant)
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

--- The text that reads a constant table (names of cases, bits of flags) of the generated code.
---@param value any
---@return string
function Emitter:constant(value)
  self.constants[#self.constants + 1] = value
  return ('K[%d]'):format(#self.constants)
end

--- The whole text: the functions in the order they need each other, then `main`.
---@param main string
---@return string
function Emitter:text(main)
  local few = self.count <= MOST_LOCALS
  local out = { few and '' or 'local F = {}' }
  for i, body in ipairs(self.bodies) do
    out[#out + 1] = (few and 'local @%d@ = %s' or '@%d@ = %s'):format(i, body)
  end
  out[#out + 1] = main
  return (table.concat(out, '\n'):gsub('@(%d+)@', few and 'f%1' or 'F[%1]'))
end

return M
