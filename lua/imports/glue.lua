-- Generates what stands between a guest and what answers a function that it imports: the mirror of lua/abi/generate.lua. One chunk per
-- signature, with `call(instance, io)`, which lifts and checks the arguments and begins the provider, `give(instance, io, ret, value,
-- later)`, which lowers a checked result, and the checks of a result and of its sides.
--
-- No function of the host calls into the guest. What a result takes of the guest's memory is measured first, asked for
-- (lua/guest/memory.lua), and filled when it is there; the value is a provider's, which may have changed it meanwhile, so it is checked
-- once more.

local abi = require 'lua.abi.support'
local emitter = require 'lua.abi.emitter'
local layout = require 'lua.abi.layout'
local stages = require 'lua.imports.stages'
local support = require 'lua.imports.support'
local ffi = require 'ffi'
local wasmtime = require 'lua.wasmtime.api'

local M = {}

-- A guest's call, all in one function.
local CALL = { stages.look, stages.find_arguments, stages.find_place, stages.lift, stages.begin }

--- How a result is given, by what it takes: stages that write a function each.
---@type table<string, function[]>
M.WAYS = {
  nothing = { stages.give_nothing },
  -- One core value.
  flat = { stages.put_flat, stages.give_flat },
  -- A place in memory that the guest has for it.
  placed = { stages.put_placed, stages.give_placed },
  -- That, and memory for strings and lists.
  filled = { stages.put_placed, stages.measure, stages.fill, stages.give_filled },
}

local function way_of(sig)
  if not sig.result then return 'nothing' end
  if not sig.in_memory then return 'flat' end
  return layout.has_pointers(sig.result) and 'filled' or 'placed'
end

--- Writes the glue for a signature.
---@param sig table as lua/guest/plan.py gives it, with the types themselves for their numbers
---@return string text of a chunk that gives call, give, fits, fits_ok and fits_err
---@return any[] constants that the chunk is given
---@return string way the name of what is in WAYS
function M.write(sig)
  layout.signature(sig)
  local glue, block = { sig = sig, emitter = emitter.new() }, emitter.block()
  stages.checks(block, glue)
  block:open 'local function call(instance, io)'
  for _, stage in ipairs(CALL) do
    stage(block, glue)
  end
  block:close()
  local way = way_of(sig)
  for _, stage in ipairs(M.WAYS[way]) do
    stage(block, glue)
  end
  block:put 'return call, give, fits, fits_ok, fits_err'
  local body = support.STATE .. glue.emitter:text(block:text())
  return support.bindings(body) .. '\n' .. body, glue.emitter.constants, way
end

--- Compiles the glue of an import: sets its `call`, `give`, `fits`, `fits_ok` and `fits_err`. Raises {too_large = why} for a signature that
-- LuaJIT can't compile.
---@param import table
---@param hooks table has begin(instance, io, import, ret, ...), broken(import, what) and fetch(instance, value)
---@return string text
function M.compile(import, hooks)
  local given = abi.given
  given.C, given.result_slots = wasmtime.C, given.result_slots or ffi.new 'mw_raw[4]'
  local chunk, constants = M.write(import.sig)
  local made, why = loadstring(chunk, '=import:' .. import.sig.name)
  if not made then error({ too_large = why:gsub('^import:.-:%d+: ', '') }, 0) end
  import.call, import.give, import.fits, import.fits_ok, import.fits_err = made(given, support.given, hooks, constants, import)
  return chunk
end

return M
