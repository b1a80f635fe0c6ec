-- funcs: calls functions of the registry by id, at once or in the background, and with limits on how long and how often.
local calls = require 'lua.calls.calls'
local errors = require 'lua.values.errors'
local executor = require 'stdlib.funcs.executor'
local future = require 'stdlib.funcs.future'
local pools = require 'lua.pools.pools'

local error, type = error, type

local M = {}

--- Calls the function `id` ("ns:name") with the given values and waits for its answer. Returns its value, or nil and an error value.
--- Never raises, unless the script is being ended.
M.call = calls.call

--- Returns the functions that an entry stands for, by name, with interfaces as tables in it: all that the binary of an entry without
--- `method` exports. Each is called as by `M.call`. Returns nil and an error value where there are none.
M.import = calls.import

--- Starts a call in the background. Returns its Future, or nil and an error value. What it has started ends with the script.
M.async = future.start

--- Returns what is counted of a function, or nil and an error; without an id a table of them by id, for those that were used. Each has
--- `calls`, `errors`, `timeouts`, `instances` (`live`, `made`, `replaced`), `queue` (`waiting`, `most`) and `times` (`execution`,
--- `queueing`: each `total`, `mean`, `max` in milliseconds). Calls of some microseconds are timed now and then.
function M.stats(id)
  if id ~= nil and type(id) ~= 'string' then error('funcs.stats: expected the id of a function, got ' .. type(id), 2) end
  local counted = pools.read(id)
  if counted.failed == true then return nil, errors.make { kind = counted.kind, message = counted.message, entry = id } end
  return counted
end

--- Returns an Executor: `with_options{timeout =, retry =}`, `with_context(values)`, `call(id, ...)`, `async(id, ...)`.
M.new = executor.new

return M
