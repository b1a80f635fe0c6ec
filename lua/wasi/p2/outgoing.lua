-- wasi:http/outgoing-handler, and what wasi:http/types has for it: requests, their options, and responses as they come.
-- Source: the WIT of wasi:http 0.2.

local ffi = require 'ffi'
local error_code = require 'lua.wasi.p2.error_code'
local exchange = require 'lua.wasi.exchange'
local http = require 'lua.wasi.p2.http'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local objects = require 'lua.guest.objects'
local poll = require 'lua.wasi.p2.poll'
local protocol = require 'lua.guest.protocol'
local text = require 'lua.values.utf8'

local lower, object, hand = string.lower, objects.object, objects.hand
local METHODS, put_handle, take = http.METHODS, http.put_handle, http.take

-- How long a connection, the beginning of a response or the next piece of it may take where the guest says nothing, as with
-- Wasmtime, and how long it may say at most; in seconds.
local TIME, MOST_TIME = 600, 1e6
-- How long a name, an address or a path may be, in bytes.
local LONGEST = 16384

local METHOD_NAMES = {}
for name, index in pairs(METHODS) do
  METHOD_NAMES[index] = name
end
local SCHEMES = { [0] = 'http', [1] = 'https' }

-- The string of an option<string>, or of a variant's case, that a guest gives; nil and true when it can't be one.
local function string_at(instance, at, size)
  if size > LONGEST then
    memory.at(instance, at, size)
    return nil, true
  end
  local found = memory.bytes(instance, at, size)
  if not text.string_is_utf8(found) then protocol.trap 'the guest gives the host a string that is not UTF-8' end
  return found
end

local function answer(io, good) io[0].u64 = good and 0 or 1 end

-- Requests -------------------------------------------------------------------------------------------------------------

local function request_of(instance, io) return object(instance, io[0].u32, 'outgoing-request') end

local types = {}

types['[constructor]outgoing-request'] = function(instance, io)
  local fields = take(instance, io[0].u32, 'fields')
  io[0].u64 = hand(instance, { kind = 'outgoing-request', fields = fields.list, method = 'GET' })
end

-- What the headers say of the body's length: nil for nothing; false when it is not a number, or several.
local function length_of(fields)
  local found
  for _, pair in ipairs(fields) do
    if lower(pair[1]) == 'content-length' then
      local value = pair[2]:match '^%d+$' and #pair[2] <= 15 and tonumber(pair[2])
      if not value or found and found ~= value then return false end
      found = value
    end
  end
  return found
end

types['[method]outgoing-request.body'] = function(instance, io)
  local request, ret = request_of(instance, io), io[1].u32
  local given = nil
  if not request.body then
    local length = length_of(request.fields)
    if length ~= false then given = exchange.body(length) end
  end
  request.body = request.body or given
  put_handle(instance, ret, given)
end

types['[method]outgoing-request.method'] = function(instance, io)
  return http.put_method(instance, io, io[1].u32, request_of(instance, io).method)
end

types['[method]outgoing-request.set-method'] = function(instance, io)
  local request, case = request_of(instance, io), io[1].u32
  if case > http.OTHER_METHOD then protocol.trap 'the guest gives the host a method that there is not' end
  local name = METHOD_NAMES[case] or string_at(instance, io[2].u32, io[3].u32)
  local good = name and name:find "^[%w!#$%%&'*+.^_`|~-]+$" and #name <= 200
  if good then request.method = name end
  answer(io, good)
end

-- Setter of an option<string> whose value `fits`.
local function setter(name, fits)
  return function(instance, io)
    local request, some = request_of(instance, io), io[1].u32
    local value, unfit
    if some == 1 then
      value, unfit = string_at(instance, io[2].u32, io[3].u32)
    end
    if some > 1 then protocol.trap 'the guest gives the host an option that is neither none nor some' end
    local good = not unfit and (not value or fits(value))
    if good then request[name] = value end
    answer(io, good)
  end
end

types['[method]outgoing-request.path-with-query'] = function(instance, io)
  return memory.put_option(instance, io, io[1].u32, request_of(instance, io).path)
end
-- A path may hold what is escaped in other places; it is sent as it is, without its fragment. Empty, it stands for "/".
types['[method]outgoing-request.set-path-with-query'] = setter('path', function(value)
  local path, query = value:match '^([^?#]*)(.*)$'
  return (value == '' or value:find '^[/?]') and not path:find '[%c <>`]' and not query:gsub('#.*$', ''):find '[%c "<>]'
end)

types['[method]outgoing-request.authority'] = function(instance, io)
  return memory.put_option(instance, io, io[1].u32, request_of(instance, io).authority)
end

-- A name or an address, and a port; no user. IPv6 stands in brackets.
local function is_authority(value)
  local host, port = value:match '^(.-):(%d+)$'
  host = host or value
  return (host:find '^%[[%x:.]+%]$' or host:find "^[%w!$&'()*+,;=._~-]+$") ~= nil and (not port or #port <= 5 and tonumber(port) <= 65535)
end
types['[method]outgoing-request.set-authority'] = setter('authority', is_authority)

-- option<scheme>: a variant of HTTP, HTTPS and other(string).
types['[method]outgoing-request.scheme'] = function(instance, io)
  local scheme, ret = request_of(instance, io).scheme, io[1].u32
  memory.at(instance, ret, 16, 4)
  memory.put8(instance, ret, scheme and 1 or 0)
  for case, name in pairs(SCHEMES) do
    if scheme == name then memory.put8(instance, ret + 4, case) end
  end
  if not scheme or scheme == 'http' or scheme == 'https' then return protocol.finish(io) end
  return memory.allocate(instance, io, {
    { size = #scheme, align = 1 },
    done = function(_, asked)
      memory.put8(instance, ret + 4, 2)
      memory.put_bytes(instance, ret + 8, asked[1], scheme)
    end,
  })
end

types['[method]outgoing-request.set-scheme'] = function(instance, io)
  local request, some, case = request_of(instance, io), io[1].u32, io[2].u32
  if some > 1 or some == 1 and case > 2 then protocol.trap 'the guest gives the host a scheme that there is not' end
  local scheme
  if some == 1 then scheme = SCHEMES[case] or string_at(instance, io[3].u32, io[4].u32) or '' end
  local good = not scheme or scheme:find '^[%w+.~-]+$' and #scheme <= 64
  if good then request.scheme = scheme end
  answer(io, good)
end

types['[method]outgoing-request.headers'] = function(instance, io)
  local request = request_of(instance, io)
  io[0].u64 = hand(instance, { kind = 'fields', list = request.fields, immutable = true }, request)
end

-- Options --------------------------------------------------------------------------------------------------------------

types['[constructor]request-options'] = function(instance, io) io[0].u64 = hand(instance, { kind = 'request-options' }) end

for name, field in pairs {
  ['connect-timeout'] = 'connect',
  ['first-byte-timeout'] = 'first_byte',
  ['between-bytes-timeout'] = 'between_bytes',
} do
  types['[method]request-options.' .. name] = function(instance, io)
    local value, ret = object(instance, io[0].u32, 'request-options')[field], io[1].u32
    memory.at(instance, ret, 16, 8)
    memory.put8(instance, ret, value and 1 or 0)
    memory.put64(instance, ret + 8, value or 0)
  end
  types['[method]request-options.set-' .. name] = function(instance, io)
    local options, some, value = object(instance, io[0].u32, 'request-options'), io[1].u32, io[2].u64
    if some > 1 then protocol.trap 'the guest gives the host an option that is neither none nor some' end
    options[field] = some == 1 and value + 0ULL or nil
    answer(io, true)
  end
end

local function seconds(options, field)
  local value = options and options[field]
  return value and math.min(tonumber(value) / 1e9, MOST_TIME) or TIME
end

-- Responses ------------------------------------------------------------------------------------------------------------

types['[method]future-incoming-response.subscribe'] = function(instance, io)
  local x = object(instance, io[0].u32, 'future-incoming-response')
  io[0].u64 = poll.of_source(instance, x.arrived, x)
end

-- option<result<result<own<incoming-response>, error-code>>>: none before it is there, err when it was got before.
types['[method]future-incoming-response.get'] = function(instance, io)
  local x, ret = object(instance, io[0].u32, 'future-incoming-response'), io[1].u32
  local function clear() ffi.fill(memory.at(instance, ret, 56, 8), 56) end
  clear()
  if not x.arrived.ready() then return protocol.finish(io) end
  if x.got then
    memory.put8(instance, ret, 1)
    memory.put8(instance, ret + 8, 1)
    return protocol.finish(io)
  end
  x.got = true
  if x.answer.failed then
    return error_code.give(instance, io, ret + 24, x.answer, function()
      clear()
      memory.put8(instance, ret, 1)
      memory.put8(instance, ret + 16, 1)
    end)
  end
  local fields = {}
  for _, pair in ipairs(x.answer.headers) do
    if not http.IS_FORBIDDEN[pair[1]] then fields[#fields + 1] = pair end
  end
  x.is_taken = true
  memory.put8(instance, ret, 1)
  memory.put32(instance, ret + 24, hand(instance, { kind = 'incoming-response', exchange = x, status = x.answer.status, fields = fields }))
  return protocol.finish(io)
end

types['[resource-drop]future-incoming-response'] = function(instance, io)
  local x = take(instance, io[0].u32, 'future-incoming-response')
  if not x.is_taken then exchange.close(x) end
end

local function response_of(instance, io) return object(instance, io[0].u32, 'incoming-response') end

types['[method]incoming-response.status'] = function(instance, io) io[0].u64 = response_of(instance, io).status end

types['[method]incoming-response.headers'] = function(instance, io)
  local response = response_of(instance, io)
  io[0].u64 = hand(instance, { kind = 'fields', list = response.fields, immutable = true }, response)
end

types['[method]incoming-response.consume'] = function(instance, io)
  local response, ret = response_of(instance, io), io[1].u32
  local x = response.exchange
  local given = not response.consumed and { kind = 'incoming-body', source = x.response, close = function() exchange.close(x) end } or nil
  response.consumed = true
  put_handle(instance, ret, given)
end

types['[resource-drop]incoming-response'] = function(instance, io)
  local response = take(instance, io[0].u32, 'incoming-response')
  if not response.consumed then exchange.close(response.exchange) end
end

for _, kind in ipairs { 'outgoing-request', 'request-options' } do
  types['[resource-drop]' .. kind] = function(instance, io) objects.drop(instance, io[0].u32, kind) end
end

types['http-error-code'] = function(instance, io)
  local failure, ret = object(instance, io[0].u32, 'error').failure, io[1].u32
  memory.at(instance, ret, 40, 8)
  memory.put8(instance, ret, failure and 1 or 0)
  if not failure then return protocol.finish(io) end
  return error_code.give(instance, io, ret + 8, failure, function() memory.put8(instance, ret, 1) end)
end

linking.provide('wasi:http/types', types)

-- The handler ----------------------------------------------------------------------------------------------------------

-- What is sent, or nil and the case of error-code that says why it can't be.
local function sendable(request, options)
  local scheme = request.scheme or 'https'
  if scheme ~= 'http' and scheme ~= 'https' then return nil, exchange.PROTOCOL end
  if not request.authority then return nil, exchange.URI_INVALID end
  if request.method == 'CONNECT' then return nil, exchange.METHOD_INVALID end
  local path = request.path and request.path:gsub('#.*$', '')
  if not path then return nil, exchange.PROTOCOL end
  if not path:find '^/' then path = '/' .. path:gsub('^%*$', '') end
  local length = length_of(request.fields)
  if length == false or not request.body and length and length > 0 then return nil, exchange.BODY_SIZE end
  return {
    method = request.method,
    url = scheme .. '://' .. request.authority .. path,
    headers = request.fields,
    connect = seconds(options, 'connect'),
    first_byte = seconds(options, 'first_byte'),
    between_bytes = seconds(options, 'between_bytes'),
  }
end

linking.provide('wasi:http/outgoing-handler', {
  -- handle: func(request: own, options: option<own>) -> result<own<future-incoming-response>, error-code>
  handle = function(instance, io)
    local number, some, other, ret = io[0].u32, io[1].u32, io[2].u32, io[3].u32
    memory.at(instance, ret, 40, 8)
    if some > 1 then return 'the guest gives the host an option that is neither none nor some' end
    local request = take(instance, number, 'outgoing-request')
    local options = some == 1 and take(instance, other, 'request-options') or nil
    local found, code = sendable(request, options)
    local x
    if found then
      x, code = exchange.open(instance, found, request.body)
    end
    if not x then
      if request.body then exchange.abandon(request.body) end
      return error_code.give(instance, io, ret + 8, { code = code }, function() memory.put8(instance, ret, 1) end)
    end
    memory.put8(instance, ret, 0)
    memory.put32(instance, ret + 8, hand(instance, x))
    return protocol.finish(io)
  end,
})
