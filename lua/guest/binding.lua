-- Bindings: what a generated function needs to call one export of one instance.

local ffi = require 'ffi'
local build = require 'lua.guest.build'
local fibers = require 'lua.guest.fibers'

local slots = ffi.typeof 'mw_raw[17]'

local M = {}

local shared

local function binding(I, lift)
  -- Calls that wait have their arguments elsewhere meanwhile.
  local io = I.asynchronous and shared or slots()
  shared = shared or I.asynchronous and io
  local B = {
    I = I,
    ctx = I.ctx,
    io = io,
    next = nil,
    func = build.take_func(I, lift.core),
    memory = build.take_memory(I, lift.memory),
    params = lift.params,
    results_of = lift.results,
  }
  B.realloc, B.realloc_number = build.take_shut(I, lift.realloc, 'iiii>i')
  B.post, B.post_number = build.take_shut(I, lift.post, lift.results .. '>')
  if I.asynchronous then fibers.equip(B, lift.params, lift.results) end
  return B
end

--- Gives the binding of an export of an instance, which is made once for each; or nil and a report {reason =, frames =}.
-- `lift` is {path =, core = item, memory = item or nil, realloc =, post =}.
function M.bind(I, lift)
  local B = I.bindings[lift.path]
  if B then return B end
  local ok, report = pcall(binding, I, lift)
  if not ok then
    if type(report) ~= 'table' then error(report, 0) end
    return nil, report
  end
  I.bindings[lift.path] = report
  return report
end

return M
