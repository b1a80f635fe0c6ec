-- Guests that answer requests by wasi:http/handler of 0.3: many at once in one instance, both bodies as they are made.

local bodies = require 'lua.wasi.p3.bodies'
local calls = require 'lua.calls.calls'
local errors = require 'lua.values.errors'
local http = require 'lua.wasi.p3.http'

local type, getmetatable, pcall, error = type, getmetatable, pcall, error

-- How much of a body is read before the response is begun, so that a short one goes with its length; in bytes.
local WHOLE = 65536
local TERMINATED = { code = 7, message = 'the client has gone' }

local function failed(id, what)
  return errors.make { message = ('%s: %s'):format(id, what), kind = errors.kinds.INTERNAL, entry = id, lua_stack = {} }
end

-- What a guest gives in place of a response.
local function refusal(id, problem)
  if errors.is_error(problem) then
    if problem:kind() ~= errors.kinds.UNKNOWN then return problem end
    problem = problem:details()
  end
  return failed(id, ('the guest refused the request (%s)'):format(bodies.failure(problem).message))
end

-- Sends a response whose body is not whole yet; gives its failure, or false where the client has gone.
local function stream(data, context, first)
  context.begin()
  return bodies.pass(data.body, context.send, first)
end

--- Has the guest `id` answer a request, {method =, target =, authority =, headers =}, whose `context` says how (lua/http/requests.lua).
--- Gives the body of a response that is sent whole, '' where it was streamed; or nil and the error.
---@param id string
---@param incoming table border.IncomingRequest
---@param context table
---@return string?
---@return any
return function(id, incoming, context)
  local response, problem = calls.call(id, http.incoming(incoming, context.source))
  if type(response) == 'table' and getmetatable(response) == nil then
    response, problem = response.ok, response.err
  end
  if problem ~= nil then return nil, refusal(id, problem) end
  local data = http.responses.take(response)
  context.status, context.headers = data.status, data.fields
  local text = ''
  local ok, failure = pcall(function()
    local first, whole = bodies.gather(data.body, WHOLE)
    if not whole then return stream(data, context, first) end
    text = first
    return data.body.outcome()
  end)
  data.body.close()
  if data.sent then data.sent((not ok or failure == false) and TERMINATED or failure or nil) end
  if not ok then error(failure, 0) end
  if failure then return nil, failed(id, ('the body of the response has failed (%s)'):format(failure.message)) end
  return text
end
