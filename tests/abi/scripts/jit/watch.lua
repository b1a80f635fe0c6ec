local id, text, in_background = ...
local calls, optional, jutil, bit = require 'lua.calls.calls', require 'lua.values.optional', require 'jit.util', require 'bit'
local make = setfenv(assert(loadstring('return ' .. text)), { wit = optional })
-- Equal values that are not the same: what is the same in every turn would be kept in registers over the whole loop.
local values = { [0] = make(), make(), make(), make() }
local call = calls.call
if in_background then
  local start = require('stdlib.funcs').async
  call = function(...) return start(...):await() end
end
-- Loops of their own: traces belong to the bytecode they start at.
local loop = loadstring(
  [[
local call, id, values = ...
return function(n)
  local result, problem
  for i = 1, n do result, problem = call(id, values[i % 4]) end
  if problem ~= nil then error(tostring(problem)) end
  return result
end]],
  '=loop'
)(call, id, values)
calls.call(id, values[0])

-- Opcodes, from a function that is not compiled: FORI, JFORI, FORL, IFORL, JFORL, ITERL, IITERL, JITERL, LOOP, ILOOP, JLOOP, JMP,
-- FUNCF, IFUNCF, JFUNCF, FUNCV, IFUNCV, ... (lj_bc.h). The I stands for blacklisted.
local sample = function(n)
  for i = 1, n do
  end
end
jit.off(sample)
local function opcode(f, pc) return bit.band(jutil.funcbc(f, pc), 255) end
local FORL
for pc = 2, jutil.funcinfo(sample).bytecodes - 1 do
  if opcode(sample, pc) - opcode(sample, pc - 1) >= 2 and opcode(sample, pc - 1) > 70 then FORL = opcode(sample, pc) end
end
local BLACKLISTED = { [FORL + 1] = true, [FORL + 4] = true, [FORL + 7] = true, [FORL + 11] = true, [FORL + 14] = true }

local aborts, phase, traces = {}, 'warm', 0
local function note(what, trace, f, pc, reason)
  if what == 'stop' then
    traces = traces + 1
  elseif what == 'abort' then
    local info = jutil.funcinfo(f, pc)
    aborts[#aborts + 1] = ('%s %d %s:%s'):format(phase, reason, info.source or '?', info.currentline or '?')
  end
end
jit.attach(note, 'trace')
loop(2000)
phase = 'hot'
loop(400)
jit.attach(note)

local seen, blacklisted, compiled = {}, {}, false
local function scan(f)
  if type(f) ~= 'function' or seen[f] then return end
  seen[f] = true
  local info = jutil.funcinfo(f)
  local source = info.source or ''
  if not (source:find '^=generated' or source:find '/lua/abi/%w+.lua$' or source == '=loop') then return end
  for pc = 0, info.bytecodes - 1 do
    local op = opcode(f, pc)
    if f == loop and op == FORL + 2 then compiled = true end
    if f ~= loop and BLACKLISTED[op] then blacklisted[#blacklisted + 1] = ('%s:%d'):format(source, jutil.funcinfo(f, pc).currentline) end
  end
  for i = 1, info.upvalues do
    local _, v = debug.getupvalue(f, i)
    scan(v)
    if type(v) == 'table' and v ~= _G then
      for _, inner in pairs(v) do
        scan(inner)
      end
    end
  end
end
scan(loop)
local _, bound = debug.getupvalue(calls.call, 1)
scan(bound[id])
return table.concat(aborts, '\n'), table.concat(blacklisted, '\n'), compiled, traces
