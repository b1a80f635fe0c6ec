-- Epochs as the lane sees them: which kind of call a guest is in, and who else waits for the lane. What a guest does that is still
-- computing when an epoch has passed, every 5 ms, is decided by that, in lua/lane/epoch_answers.lua.

local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'
local states = require 'lua.dispatcher.epoch_state'
local wasmtime = require 'lua.wasmtime.api'

local M = {}

-- What the answerer reads. `state` is set before a guest is entered.
local notice = states.notice
M.notice, M.states = notice, states

-- What it reads of a call that another thread runs: it always gives way.
local elsewhere = ffi.new 'mw_epochs'
elsewhere.state = states.FIBER

-- How long what can't give way may compute, in nanoseconds.
local MOST_ALONE = 1e9

local answerer -- the address of the lane's answerer

--- Sets the answerer that the host has made for this lane.
---@param address integer
function M.open(address) answerer = ffi.cast('void *', address) end

--- Has the lane's answerer asked about an instance.
---@param instance Instance
function M.watch(instance) wasmtime.C.wasmtime_store_epoch_deadline_callback(instance.store, answerer, notice, nil) end

--- Has that of another thread asked, which runs the instance from now on.
---@param instance Instance
---@param address integer
function M.hand_over(instance, address)
  wasmtime.C.wasmtime_store_epoch_deadline_callback(instance.store, ffi.cast('void *', address), elsewhere, nil)
end

--- Before a guest is entered that can't give way: it may compute until `limit` (monotonic nanoseconds, or nil), a second at most.
---@param ctx ffi.cdata* wasmtime_context_t*
---@param limit number? monotonic nanoseconds
function M.alone(ctx, limit)
  local latest = clock.system() + MOST_ALONE
  notice.too_long = 1
  if limit and not clock.is_test() and limit < latest then
    latest, notice.too_long = limit, 0
  end
  notice.state, notice.latest = states.ALONE, latest
  wasmtime.C.wasmtime_context_set_epoch_deadline(ctx, 1)
end

--- Tells whether the call that has just failed was ended because it was long; forgets it.
---@return boolean
function M.was_interrupted()
  local was = notice.interrupted ~= 0
  notice.interrupted = 0
  return was
end

return M
