-- Which globals the source of a script uses, found in its bytecode: nothing of it is run.

local util = require 'jit.util'
local bit = require 'bit'

local M = {}

-- Numbers of instructions differ between LuaJIT's versions: those of these two functions tell.
local function opcode(text, at) return bit.band(util.funcbc(assert(loadstring(text)), at), 0xff) end
local READ, WRITE = opcode('return x', 1), opcode('x = 1', 2)

-- Calls `visit(name, line, is_write)` for each use, in a function or prototype and all inside it.
local function walk(f, visit)
  local info = util.funcinfo(f)
  for at = 1, info.bytecodes - 1 do
    local instruction = util.funcbc(f, at)
    local code = bit.band(instruction, 0xff)
    if code == READ or code == WRITE then
      visit(util.funck(f, -bit.rshift(instruction, 16) - 1), util.funcinfo(f, at).currentline, code == WRITE)
    end
  end
  for index = -1, -info.gcconsts, -1 do
    local constant = util.funck(f, index)
    if type(constant) == 'proto' then walk(constant, visit) end
  end
end

--- Gives the globals that a compiled chunk reads and nowhere sets, as name -> the first line that does.
---@param chunk function
---@return table<string, integer>
function M.read_in_vain(chunk)
  local read, set = {}, {}
  walk(chunk, function(name, line, is_write)
    if is_write then
      set[name] = true
    elseif not read[name] or line < read[name] then
      read[name] = line
    end
  end)
  for name in pairs(set) do
    read[name] = nil
  end
  return read
end

return M
