local ffi, wasmtime = require 'ffi', require 'lua.wasmtime.api'
pcall(ffi.cdef, 'void wasmtime_engine_increment_epoch(void *)')
local call = require('lua.calls.calls').call
for _ = 1, 3 do
  local handle = assert(call('t:make', 5))
  -- As if much time had passed since.
  local engine = next(require('lua.guest.instance').all).plan.engine
  for _ = 1, 10000 do
    wasmtime.C.wasmtime_engine_increment_epoch(engine)
  end
  handle:drop()
end
local ok, problem = pcall(function() assert(call('t:make', 9)):drop() end)
assert(not ok and tostring(problem):find 'interrupt', tostring(problem))
assert(call('t:make', 5)):drop()
