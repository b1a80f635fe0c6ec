-- wasi:http/outgoing-handler, and what wasi:http/types has for it: requests, their options, and responses as they come.
-- Source: the WIT of wasi:http 0.2.

local ffi = require 'ffi'
local asking = require 'lua.wasi.asking'
local error_code = require 'lua.wasi.p2.error_code'
local exchange = require 'lua.wasi.exchange'
local headers = require 'lua.wasi.headers'
local http = require 'lua.wasi.p2.http'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local objects = require 'lua.guest.objects'
local poll = require 'lua.wasi.p2.poll'
local protocol = require 'lua.guest.protocol'
local text = require 'lua.values.utf8'

local object, hand = objects.object, objects.hand
local METHODS, put_handle, take = http.METHODS, http.put_handle, http.take

local METHOD_NAMES = {}
for name, index in pairs(METHODS) do
  METHOD_NAMES[index] = name
end
local SCHEMES = { [0] = 'http', [1] = 'https' }

-- The string of an option<string>, or of a variant's case, that a guest gives; nil and true when it can't be one.
local function string_at(instance, at, size)
  if size > asking.LONGEST then
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

types['[method]outgoing-request.body'] = function(instance, io)
  local request, ret = request_of(instance, io), io[1].u32
  local given = nil
  if not request.body then
    local length = headers.length_of(request.fields)
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
  local good = name and asking.is_method(name)
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
types['[method]outgoing-request.set-path-with-query'] = setter('path', asking.is_path)

types['[method]outgoing-request.authority'] = function(instance, io)
  return memory.put_option(instance, io, io[1].u32, request_of(instance, io).authority)
end

types['[method]outgoing-request.set-authority'] = setter('authority', asking.is_authority)

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
  local good = not scheme or asking.is_scheme(scheme)
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
  local fields = headers.passed_on(x.answer.headers)
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

linking.provide('wasi:http/outgoing-handler', {
  -- handle: func(request: own, options: option<own>) -> result<own<future-incoming-response>, error-code>
  handle = function(instance, io)
    local number, some, other, ret = io[0].u32, io[1].u32, io[2].u32, io[3].u32
    memory.at(instance, ret, 40, 8)
    if some > 1 then return 'the guest gives the host an option that is neither none nor some' end
    local request = take(instance, number, 'outgoing-request')
    local options = some == 1 and take(instance, other, 'request-options') or nil
    request.has_body = request.body ~= nil
    local found, code = asking.sendable(request, options)
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
