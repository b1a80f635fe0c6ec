-- funcs: calls functions of the registry by id.
local calls = require 'lua.calls'

local M = {}

--- Calls the function `id` ("ns:name") with the given values. Returns its value, or nil and an error value; never raises.
M.call = calls.call

return M
