-- The C calls by which a guest runs that functions of the host are linked with: the only ones from which C comes back into Lua.
--
-- A mistake here ends the process, and no pcall catches it. What could, and what stands before each:
--
-- 1. Compiled code calls C that comes back into Lua ("bad callback"). The functions of this module are not compiled, make the C call
--    themselves and are the only ones that make it (tests/lua/test_entrances.py looks for others). A function that merely calls one that is
--    not compiled may be compiled; one that is called by such a one, too.
-- 2. Code is compiled because a realloc or post-return is believed to call nothing of the host (host/wasm/plan/reach.py). It is called by
--    way of the gate (host/wasm/plan/gate.py), so that a wrong belief is a trap. What generated code calls without a linker, `plain`, has
--    no function of the host in its store that could be called.
-- 3. C comes back into Lua from elsewhere: no finalizer is given to Wasmtime, limits of a store are numbers, its waker does nothing, and a
--    thread other than the lane's only goes on with calls of guests without a linker (lua/calls/elsewhere.lua). What Wasmtime asks when an
--    epoch passes is answered by a Lua state of its own, which never runs compiled code (lua/lane/epoch_answers.lua). To delete a store, a
--    linker, or a call that has ended runs no Lua; a call that has not ended is deleted by way of `delete`, before its store
--    (lua/guest/fibers.lua).
-- 4. An error leaves Lua through Wasmtime's frames. What a guest calls runs in a pcall that makes the trap too (lua/guest/linking.lua).
--    Before that comes only what LuaJIT does to enter Lua: it takes less of the stack than LuaJIT asks for before it calls C, so that a
--    stack that is full is an error of the caller. (Memory that is not to be had at all, for the pointer that a function of the host is
--    given, still ends the process.)
-- 5. A finalizer of Lua's runs in the midst of such a call, on a fiber's stack: it may only note what is to be done (lua/guest/handles.lua,
--    stdlib/fs/file.lua, stdlib/http/stream.lua), not enter a guest, wait, or call Python, which checks the bounds of its stack.
-- 6. Wasmtime panics: a call on an instance that is in another is refused before (lua/guest/fibers.lua, `enter`; lua/guest/handles.lua,
--    `drop` and `drain`); an instance that is not made yet is not asked for exports (lua/guest/build.lua, `resolve`); what a future uses
--    stays where it is until that is deleted. A store that is asynchronous answers a synchronous call with an error, which is a bug but no
--    panic.

local wasmtime = require 'lua.wasmtime.api'

local M = {}

--- Calls a function; gives what Wasmtime reports, the trap in `trap`.
---@param ctx ffi.cdata* wasmtime_context_t*
---@param func ffi.cdata* mw_func
---@param io ffi.cdata* mw_raw[]
---@param count integer
---@param trap ffi.cdata* void *[1]
---@return ffi.cdata*? wasmtime_error_t*
function M.call(ctx, func, io, count, trap)
  local failure = wasmtime.C.wasmtime_func_call_unchecked(ctx, func, io, count, trap)
  return failure
end
jit.off(M.call)

--- Makes an instance of a module, whose start function may call the host; as `call`.
---@param ctx ffi.cdata* wasmtime_context_t*
---@param module ffi.cdata* wasmtime_module_t*
---@param externs ffi.cdata* mw_extern[]
---@param count integer
---@param into ffi.cdata* mw_instance*
---@param trap ffi.cdata* void *[1]
---@return ffi.cdata*? wasmtime_error_t*
function M.make(ctx, module, externs, count, into, trap)
  local failure = wasmtime.C.wasmtime_instance_new(ctx, module, externs, count, into, trap)
  return failure
end
jit.off(M.make)

--- Goes on with a call on a fiber; tells whether it has ended.
---@param future ffi.cdata*
---@return boolean
function M.poll(future)
  local ended = wasmtime.C.wasmtime_call_future_poll(future)
  return ended
end
jit.off(M.poll)

--- Ends a call on a fiber, wherever it is.
---@param future ffi.cdata*
function M.delete(future) wasmtime.C.wasmtime_call_future_delete(future) end
jit.off(M.delete)

return M
