-- Which stack Lua runs on. A function that a guest imports begins on the guest's stack, a fiber. That stack is small; frames of Wasmtime
-- are on it that can't be entered again; and Python, which checks the bounds of the thread's stack, would crash there. So a provider
-- (lua/imports/run.lua) may run Lua there and nothing else. Before it does more its coroutine yields, the guest waits, and the coroutine
-- goes on on the lane's stack.

local coroutines = require 'lua.dispatcher.coroutines'
local waiting = require 'lua.dispatcher.waiting'

local yield, isyieldable, error = coroutine.yield, coroutine.isyieldable, error
local WAIT, barrier = coroutines.WAIT, coroutines.barrier

-- `on`: a provider runs within a call of its guest, so no guest may be entered; `fiber`: it runs on that guest's stack; `leaving`: its
-- coroutine has yielded only to leave that stack.
local M = { on = false, fiber = false, leaving = false }

local IN_C = 'this is not possible here: the code was called from C (an error handler, or a function that is called by one of C), '
  .. "which can't be left and entered again; do it before or after"

--- Continues on the lane's stack; raises where that is not possible.
function M.leave()
  if not M.on then return end
  if barrier.count > 0 or not isyieldable() then error(IN_C, 3) end
  local task = waiting.current()
  M.leaving = true
  yield(WAIT)
  if not M.on then return end
  -- A coroutine further out was resumed from C.
  M.leaving = false
  if task then task.answered = false end
  error(IN_C, 3)
end

local leave = M.leave

--- Returns functions of Python that are called on the lane's stack only.
---@param functions table<string, function>
---@return table<string, function>
function M.guarded(functions)
  local out = {}
  for name, f in pairs(functions) do
    out[name] = function(...)
      if M.fiber then leave() end
      return f(...)
    end
  end
  return out
end

return M
