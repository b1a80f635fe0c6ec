-- ctx: what callers pass along with their calls beside the arguments: see executor:with_context.
local context = require 'lua.calls.context'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'

local error, type = error, type

local M = {}

--- Returns the value under `key`, or nil and an error of kind NotFound when no caller has set it.
function M.get(key)
  if type(key) ~= 'string' then error('ctx.get: expected a string as the key, got ' .. got(key), 2) end
  local found, value = context.get(key)
  if found then return value end
  return nil, errors.make { message = "the context has no value '" .. key .. "'", kind = errors.kinds.NOT_FOUND }
end

--- Returns a table of all values by key.
M.all = context.all

return M
