-- http: the request that a handler answers, and its response. They belong to the request's own coroutines, wherever in its code they
-- are asked for.
local errors = require 'lua.values.errors'
local http = require 'lua.http.requests'
local request = require 'stdlib.http.request'
local response = require 'stdlib.http.response'

local M = {}

local function context_of(name)
  local context = http.context()
  if context then return context end
  return nil,
    errors.make {
      message = ('http.%s: there is no HTTP request here; a function has one when an http.endpoint calls it'):format(name),
      kind = errors.kinds.UNAVAILABLE,
    }
end

--- Returns the request, or nil and an error where none is answered.
function M.request()
  local context, problem = context_of 'request'
  if not context then return nil, problem end
  context.opened = context.opened or request.open(context)
  return context.opened
end

--- Returns the response, or nil and an error where no request is answered.
function M.response()
  local context, problem = context_of 'response'
  if not context then return nil, problem end
  context.written = context.written or response.open(context)
  return context.written
end

return M
