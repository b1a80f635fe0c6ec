-- funcs: calls functions of the registry by id, at once or in the background, and with limits on how long and how often.
local calls = require "lua.calls"
local executor = require "stdlib.funcs.executor"
local future = require "stdlib.funcs.future"

local M = {}

--- Calls the function `id` ("ns:name") with the given values and waits for its answer. Returns its value, or nil and an error value.
--- Never raises, unless the script is being ended.
M.call = calls.call

--- Starts a call in the background. Returns its Future, or nil and an error value. What it has started ends with the script.
M.async = future.start

--- Returns an Executor: `with_options{timeout =, retry =}`, `call(id, ...)`, `async(id, ...)`.
M.new = executor.new

return M
