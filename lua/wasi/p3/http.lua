-- wasi:http/types of WASI 0.3: headers, and requests and responses as guests make and read them, over the same checks as in 0.2.
-- What is behind a request is {method =, scheme =, authority =, path =, fields =, options =, body =, sent =}, behind a response {status =,
-- fields =, body =, sent =}: `fields` a list of pairs, `body` of lua/wasi/p3/bodies.lua, and sent(failure) to be called once, with what
-- came of it.

local asking = require 'lua.wasi.asking'
local bodies = require 'lua.wasi.p3.bodies'
local calls = require 'lua.tasks.calls'
local headers = require 'lua.wasi.headers'
local held = require 'lua.wasi.p3.held'
local objects = require 'lua.tasks.objects'
local optional = require 'lua.values.optional'

local upper, lower, type, tonumber = string.upper, string.lower, type, tonumber
local none = optional.none

local M = {}

local fields, options = held 'wasi:http/types#fields', held 'wasi:http/types#request-options'
local requests, responses = held 'wasi:http/types#request', held 'wasi:http/types#response'
M.requests, M.responses = requests, responses

local FINE, FAILED = { ok = true }, { err = true }

-- The value of an option, or nil.
local function some(value)
  if value == none then return nil end
  return value
end

-- Fields -----------------------------------------------------------------------------------------------------------------

local HEADER_ERRORS = {
  [headers.SYNTAX] = 'invalid-syntax',
  [headers.FORBIDDEN] = 'forbidden',
  [headers.IMMUTABLE] = 'immutable',
  [headers.SIZE] = 'size-exceeded',
}

local function refusal(problem) return { err = HEADER_ERRORS[problem] } end

local function rows_of(name, values)
  local rows = {}
  for i = 1, #values do
    rows[i] = { name, values[i] }
  end
  return rows
end

-- Puts rows in place of all of a name, or behind all where there is none.
local function change(f, name, rows)
  if f.immutable then return refusal(headers.IMMUTABLE) end
  local left = headers.copy(f.list, name)
  local problem = name and headers.wrong(name) or headers.wrong_of(rows, #left)
  if problem then return refusal(problem) end
  for i = 1, #rows do
    left[#left + 1] = rows[i]
  end
  f.list = left
  return FINE
end

local function read_only(list) return fields.new { list = list, immutable = true } end

local types = {
  ['[constructor]fields'] = function() return fields.new { list = {} } end,
  ['[static]fields.from-list'] = function(_, rows)
    local problem = headers.wrong_of(rows, 0)
    if problem then return refusal(problem) end
    return { ok = fields.new { list = rows } }
  end,
  ['[method]fields.get'] = function(_, f, name) return headers.values_of(fields.of(f).list, name) end,
  ['[method]fields.has'] = function(_, f, name) return #headers.values_of(fields.of(f).list, name) > 0 end,
  ['[method]fields.set'] = function(_, f, name, values) return change(fields.of(f), name, rows_of(name, values)) end,
  ['[method]fields.delete'] = function(_, f, name) return change(fields.of(f), name, {}) end,
  ['[method]fields.get-and-delete'] = function(_, f, name)
    local found = headers.values_of(fields.of(f).list, name)
    local changed = change(fields.of(f), name, {})
    return changed == FINE and { ok = found } or changed
  end,
  ['[method]fields.append'] = function(_, f, name, value) return change(fields.of(f), nil, { { name, value } }) end,
  ['[method]fields.copy-all'] = function(_, f) return fields.of(f).list end,
  ['[method]fields.clone'] = function(_, f) return fields.new { list = headers.copy(fields.of(f).list) } end,
}

-- Options ----------------------------------------------------------------------------------------------------------------

types['[constructor]request-options'] = function() return options.new {} end

types['[method]request-options.clone'] = function(_, o)
  local own = options.of(o)
  return options.new { connect = own.connect, first_byte = own.first_byte, between_bytes = own.between_bytes }
end

for name, field in pairs {
  ['connect-timeout'] = 'connect',
  ['first-byte-timeout'] = 'first_byte',
  ['between-bytes-timeout'] = 'between_bytes',
} do
  types['[method]request-options.get-' .. name] = function(_, o) return options.of(o)[field] end
  types['[method]request-options.set-' .. name] = function(_, o, duration)
    local own = options.of(o)
    if own.immutable then return { err = 'immutable' } end
    own[field] = some(duration)
    return FINE
  end
end

-- Bodies -----------------------------------------------------------------------------------------------------------------

-- The future that a guest gets with what it makes, and sent(failure), which completes it.
local function sending()
  local future, complete = objects.future()
  return future, function(failure) complete(failure and { err = bodies.code(failure) } or FINE) end
end

local UNSENT = { code = 38, message = 'it was not sent' }

-- Hands a guest the body of what it consumes; `found` is what it has found of it.
local function consume(who, data, found)
  if data.sent then data.sent() end
  local stream, trailers = data.body.hand(who.state)
  objects.watch(found, function(value)
    if value and value.err ~= nil then data.body.close() end
  end)
  return { stream, trailers }
end

-- Ends what a guest drops.
local function drop(data)
  data.body.close()
  if data.sent then data.sent(UNSENT) end
end

-- Requests ---------------------------------------------------------------------------------------------------------------

types['[static]request.new'] = function(_, list, contents, trailers, chosen)
  local future, sent = sending()
  chosen = some(chosen)
  local request = requests.new {
    method = 'GET',
    fields = fields.take(list).list,
    body = bodies.given(some(contents), trailers),
    has_body = some(contents) ~= nil,
    options = chosen and options.take(chosen),
    sent = sent,
  }
  return { request, future }
end

-- Standard methods and schemes are cases of their own.
local METHODS = { GET = 1, HEAD = 1, POST = 1, PUT = 1, DELETE = 1, CONNECT = 1, OPTIONS = 1, TRACE = 1, PATCH = 1 }
local SCHEMES = { http = 'HTTP', https = 'HTTPS' }

types['[method]request.get-method'] = function(_, r)
  local method = requests.of(r).method
  return METHODS[method] and lower(method) or { other = method }
end

types['[method]request.set-method'] = function(_, r, method)
  local own = requests.of(r)
  local name = type(method) == 'table' and method.other or upper(method)
  if not asking.is_method(name) then return FAILED end
  own.method = name
  return FINE
end

types['[method]request.get-scheme'] = function(_, r)
  local scheme = requests.of(r).scheme
  return scheme and (SCHEMES[scheme] or { other = scheme })
end

types['[method]request.set-scheme'] = function(_, r, scheme)
  local own = requests.of(r)
  scheme = some(scheme)
  local name = scheme
  if type(scheme) == 'table' then
    name = scheme.other
  elseif scheme then
    name = lower(scheme)
  end
  if name and not asking.is_scheme(name) then return FAILED end
  own.scheme = name
  return FINE
end

for name, field in pairs { ['path-with-query'] = 'path', authority = 'authority' } do
  local fits = field == 'path' and asking.is_path or asking.is_authority
  types['[method]request.get-' .. name] = function(_, r) return requests.of(r)[field] end
  types['[method]request.set-' .. name] = function(_, r, text)
    local own = requests.of(r)
    text = some(text)
    if text and (#text > asking.LONGEST or not fits(text)) then return FAILED end
    own[field] = text
    return FINE
  end
end

types['[method]request.get-options'] = function(_, r)
  local own = requests.of(r).options
  if not own then return nil end
  return options.new { connect = own.connect, first_byte = own.first_byte, between_bytes = own.between_bytes, immutable = true }
end

types['[method]request.get-headers'] = function(_, r) return read_only(requests.of(r).fields) end
types['[static]request.consume-body'] = function(who, r, found) return consume(who, requests.take(r), found) end
types['[resource-drop]request'] = function(r) drop(requests.take(r)) end

--- Makes the request that a client has sent: {method =, target =, authority =, headers =}, and the source of its body.
---@param incoming table border.IncomingRequest
---@param source table
---@return table
function M.incoming(incoming, source)
  local has_body = #headers.values_of(incoming.headers, 'transfer-encoding') > 0 or (headers.length_of(incoming.headers) or 0) > 0
  return requests.new {
    method = incoming.method,
    -- TLS ends before the server.
    scheme = 'http',
    authority = incoming.authority,
    path = incoming.target,
    fields = headers.passed_on(incoming.headers),
    body = bodies.received(has_body and source or nil, function() end),
    has_body = has_body,
  }
end

-- Responses --------------------------------------------------------------------------------------------------------------

types['[static]response.new'] = function(_, list, contents, trailers)
  local future, sent = sending()
  local response =
    responses.new { status = 200, fields = fields.take(list).list, body = bodies.given(some(contents), trailers), sent = sent }
  return { response, future }
end

types['[method]response.get-status-code'] = function(_, r) return responses.of(r).status end

types['[method]response.set-status-code'] = function(_, r, status)
  local own = responses.of(r)
  if status < 200 or status > 599 then return FAILED end
  own.status = tonumber(status)
  return FINE
end

types['[method]response.get-headers'] = function(_, r) return read_only(responses.of(r).fields) end
types['[static]response.consume-body'] = function(who, r, found) return consume(who, responses.take(r), found) end
types['[resource-drop]response'] = function(r) drop(responses.take(r)) end

types['[resource-drop]fields'] = function(f) fields.take(f) end
types['[resource-drop]request-options'] = function(o) options.take(o) end

calls.provide('wasi:http/types', types)

return M
