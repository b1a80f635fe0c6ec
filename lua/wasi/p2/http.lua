-- wasi:http/types: headers and bodies, and what a guest needs that answers requests itself, by wasi:http/incoming-handler. The request
-- and the place for its response are not in the guest's table of handles: their numbers stand for those of the request that the
-- running task answers, whose context lua/http/requests.lua made. What only outgoing requests need is in lua/wasi/p2/outgoing.lua.
-- Source: the WIT of wasi:http 0.2.

local ffi = require 'ffi'
local dispatcher = require 'lua.dispatcher.dispatcher'
local error_code = require 'lua.wasi.p2.error_code'
local headers = require 'lua.wasi.headers'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local objects = require 'lua.guest.objects'
local outgoing = require 'lua.wasi.p2.body'
local poll = require 'lua.wasi.p2.poll'
local protocol = require 'lua.guest.protocol'

local M = {}

--- The handles that a guest's handler is called with.
M.REQUEST, M.OUTPARAM = 0x40000001, 0x40000002

local METHODS = { GET = 0, HEAD = 1, POST = 2, PUT = 3, DELETE = 4, CONNECT = 5, OPTIONS = 6, TRACE = 7, PATCH = 8 }
local OTHER_METHOD = 9
M.METHODS, M.OTHER_METHOD = METHODS, OTHER_METHOD

local MOST_HEADERS = headers.MOST
local IMMUTABLE = headers.IMMUTABLE

-- The context of the request that the running guest answers.
local function context_of(index, wanted, what)
  local task = dispatcher.current()
  local context = task and task.group.http
  if index ~= wanted or not context or not context.incoming then
    protocol.trap(('there is no %s with the handle %d'):format(what, index))
  end
  return context
end

local function request_of(io)
  local context = context_of(io[0].u32, M.REQUEST, 'incoming-request')
  if context.request_dropped then protocol.trap 'the incoming-request has been dropped' end
  return context
end

--- Takes an own<...> that the guest gives away.
function M.take(instance, index, kind)
  local object = objects.object(instance, index, kind)
  objects.drop(instance, index, kind)
  return object
end

--- Gives a result<own<T>>; what is given may belong to a parent.
function M.put_handle(instance, ret, object, parent)
  memory.at(instance, ret, 8, 4)
  memory.put8(instance, ret, object and 0 or 1)
  if object then memory.put32(instance, ret + 4, objects.hand(instance, object, parent)) end
end

local take, put_handle = M.take, M.put_handle

-- Fields -------------------------------------------------------------------------------------------------------------

local function fields_of(instance, io) return objects.object(instance, io[0].u32, 'fields') end

-- Of a name that is far too long the beginning is enough to refuse it.
local function name_at(instance, at, size)
  memory.at(instance, at, size)
  return memory.bytes(instance, at, math.min(size, 0x10000))
end

local function put_error(instance, ret, problem)
  memory.at(instance, ret, 2)
  memory.put8(instance, ret, problem and 1 or 0)
  if problem then memory.put8(instance, ret + 1, problem) end
end

-- The list<list<u8>>, or list<tuple<string, list<u8>>>, at an address, as rows of `width` strings.
local function rows_at(instance, at, count, width)
  if count > MOST_HEADERS then protocol.trap 'the guest gives the host a list of too many headers' end
  local rows = {}
  local words = ffi.cast('uint32_t *', memory.at(instance, at, 8 * width * count, 4))
  for i = 1, count do
    local row = {}
    for k = 1, width do
      local place = 2 * (width * (i - 1) + k - 1)
      row[k] = memory.bytes(instance, words[place], words[place + 1])
    end
    rows[i] = row
  end
  return rows
end

-- What is wrong with a header is a case of header-error, which has none for sizes.
local function wrong(name)
  local problem = headers.wrong(name)
  return problem == headers.SIZE and headers.SYNTAX or problem
end

-- Checks and adds headers; gives what is wrong with one, or nil.
local function add(fields, rows)
  if fields.immutable then return IMMUTABLE end
  if #fields.list + #rows > MOST_HEADERS then protocol.trap 'the guest sets too many headers' end
  local problem = headers.wrong_of(rows, #fields.list)
  if problem then return problem == headers.SIZE and headers.SYNTAX or problem end
  for _, row in ipairs(rows) do
    fields.list[#fields.list + 1] = row
  end
end

local types = {
  ['[constructor]fields'] = function(instance, io) io[0].u64 = objects.hand(instance, { kind = 'fields', list = {} }) end,
  ['[static]fields.from-list'] = function(instance, io)
    local rows, ret, made = rows_at(instance, io[0].u32, io[1].u32, 2), io[2].u32, { kind = 'fields', list = {} }
    memory.at(instance, ret, 8, 4)
    local problem = add(made, rows)
    if not problem then return put_handle(instance, ret, made) end
    memory.put8(instance, ret, 1)
    memory.put8(instance, ret + 4, problem)
  end,
  ['[method]fields.get'] = function(instance, io)
    local found, rows = headers.values_of(fields_of(instance, io).list, name_at(instance, io[1].u32, io[2].u32)), {}
    for i, value in ipairs(found) do
      rows[i] = { value }
    end
    return memory.put_rows(instance, io, io[3].u32, rows, 1)
  end,
  ['[method]fields.has'] = function(instance, io)
    io[0].u64 = #headers.values_of(fields_of(instance, io).list, name_at(instance, io[1].u32, io[2].u32)) > 0 and 1 or 0
  end,
  ['[method]fields.set'] = function(instance, io)
    local fields, name, ret = fields_of(instance, io), name_at(instance, io[1].u32, io[2].u32), io[5].u32
    local rows = rows_at(instance, io[3].u32, io[4].u32, 1)
    for _, row in ipairs(rows) do
      row[1], row[2] = name, row[1]
    end
    local before = fields.list
    if not fields.immutable and not wrong(name) then fields.list = headers.copy(before, name) end
    local problem = wrong(name) or add(fields, rows)
    if problem then fields.list = before end
    put_error(instance, ret, fields.immutable and IMMUTABLE or problem)
  end,
  ['[method]fields.delete'] = function(instance, io)
    local fields, name = fields_of(instance, io), name_at(instance, io[1].u32, io[2].u32)
    local problem = fields.immutable and IMMUTABLE or wrong(name)
    if not problem then fields.list = headers.copy(fields.list, name) end
    put_error(instance, io[3].u32, problem)
  end,
  ['[method]fields.append'] = function(instance, io)
    local name, value = name_at(instance, io[1].u32, io[2].u32), memory.bytes(instance, io[3].u32, io[4].u32)
    put_error(instance, io[5].u32, add(fields_of(instance, io), { { name, value } }))
  end,
  ['[method]fields.entries'] = function(instance, io) return memory.put_rows(instance, io, io[1].u32, fields_of(instance, io).list, 2) end,
  ['[method]fields.clone'] = function(instance, io)
    io[0].u64 = objects.hand(instance, { kind = 'fields', list = headers.copy(fields_of(instance, io).list) })
  end,
}

-- The request --------------------------------------------------------------------------------------------------------

--- Gives a variant method, by its name.
function M.put_method(instance, io, ret, name)
  memory.at(instance, ret, 12, 4)
  if METHODS[name] then
    memory.put8(instance, ret, METHODS[name])
    return protocol.finish(io)
  end
  return memory.allocate(instance, io, {
    { size = #name, align = 1 },
    done = function(_, asked)
      memory.put8(instance, ret, OTHER_METHOD)
      memory.put_bytes(instance, ret + 4, asked[1], name)
    end,
  })
end

types['[method]incoming-request.method'] = function(instance, io)
  return M.put_method(instance, io, io[1].u32, request_of(io).incoming.method)
end

types['[method]incoming-request.path-with-query'] = function(instance, io)
  return memory.put_option(instance, io, io[1].u32, request_of(io).incoming.target)
end
types['[method]incoming-request.authority'] = function(instance, io)
  local incoming = request_of(io).incoming
  return memory.put_option(instance, io, io[1].u32, incoming.authority)
end

-- option<scheme>: always HTTP, as TLS ends before the server.
types['[method]incoming-request.scheme'] = function(instance, io)
  request_of(io)
  memory.at(instance, io[1].u32, 16, 4)
  memory.put8(instance, io[1].u32, 1)
  memory.put8(instance, io[1].u32 + 4, 0)
  return protocol.finish(io)
end

types['[method]incoming-request.headers'] = function(instance, io)
  io[0].u64 = objects.hand(instance, { kind = 'fields', list = request_of(io).incoming.headers, immutable = true })
end

types['[method]incoming-request.consume'] = function(instance, io)
  local context = request_of(io)
  local given = not context.consumed and { kind = 'incoming-body', source = context.source } or nil
  context.consumed = true
  put_handle(instance, io[1].u32, given)
end

types['[resource-drop]incoming-request'] = function(_, io) request_of(io).request_dropped = true end

types['[method]incoming-body.stream'] = function(instance, io)
  local body = objects.object(instance, io[0].u32, 'incoming-body')
  local given = not body.streamed and { kind = 'input-stream', source = body.source } or nil
  body.streamed = true
  put_handle(instance, io[1].u32, given, body)
end

types['[static]incoming-body.finish'] = function(instance, io)
  local body = take(instance, io[0].u32, 'incoming-body')
  if body.close then body.close() end
  io[0].u64 = objects.hand(instance, { kind = 'future-trailers' })
end

types['[resource-drop]incoming-body'] = function(instance, io)
  local body = take(instance, io[0].u32, 'incoming-body')
  if body.close then body.close() end
end

types['[method]future-trailers.subscribe'] = function(instance, io)
  io[0].u64 = poll.of_source(instance, poll.always, objects.object(instance, io[0].u32, 'future-trailers'))
end

-- option<result<result<option<own<trailers>>, error-code>>>: there are none.
types['[method]future-trailers.get'] = function(instance, io)
  local trailers, ret = objects.object(instance, io[0].u32, 'future-trailers'), io[1].u32
  ffi.fill(memory.at(instance, ret, 56, 8), 56)
  memory.put8(instance, ret, 1)
  if trailers.given then memory.put8(instance, ret + 8, 1) end
  trailers.given = true
end

-- The response -------------------------------------------------------------------------------------------------------

local function response_of(instance, io) return objects.object(instance, io[0].u32, 'outgoing-response') end

types['[constructor]outgoing-response'] = function(instance, io)
  local fields = take(instance, io[0].u32, 'fields')
  fields.immutable = true
  io[0].u64 = objects.hand(
    instance,
    { kind = 'outgoing-response', status = 200, fields = fields, body = { kind = 'outgoing-body', pieces = {}, size = 0 } }
  )
end

types['[method]outgoing-response.status-code'] = function(instance, io) io[0].u64 = response_of(instance, io).status end

types['[method]outgoing-response.set-status-code'] = function(instance, io)
  local response, status = response_of(instance, io), io[1].u32
  local good = status >= 200 and status <= 599
  if good then response.status = status end
  io[0].u64 = good and 0 or 1
end

types['[method]outgoing-response.headers'] = function(instance, io)
  local response = response_of(instance, io)
  io[0].u64 = objects.hand(instance, { kind = 'fields', list = response.fields.list, immutable = true }, response)
end

types['[method]outgoing-response.body'] = function(instance, io)
  local response = response_of(instance, io)
  local given = not response.taken and response.body or nil
  response.taken = true
  put_handle(instance, io[1].u32, given)
end

types['[method]outgoing-body.write'] = function(instance, io)
  local body = objects.object(instance, io[0].u32, 'outgoing-body')
  local given = not body.streamed and { kind = 'output-stream', sink = (body.sink or outgoing.sink)(body) } or nil
  body.streamed = true
  put_handle(instance, io[1].u32, given, body)
end

-- result<_, error-code>. Trailers are not sent.
types['[static]outgoing-body.finish'] = function(instance, io)
  local ret = io[3].u32
  memory.at(instance, ret, 40, 8)
  local body = take(instance, io[0].u32, 'outgoing-body')
  if io[1].u32 == 1 then take(instance, io[2].u32, 'fields') end
  local failure = body.finish and body.finish(body)
  if failure then
    return error_code.give(instance, io, ret + 8, failure, function() memory.put8(instance, ret, 1) end)
  end
  memory.put8(instance, ret, 0)
  body.finished = true
  return protocol.finish(io)
end

types['[resource-drop]outgoing-body'] = function(instance, io)
  local body = take(instance, io[0].u32, 'outgoing-body')
  if body.abandon then body.abandon(body) end
end

types['[static]response-outparam.set'] = function(instance, io)
  local context = context_of(io[0].u32, M.OUTPARAM, 'response-outparam')
  if context.answered then protocol.trap 'the response-outparam has been used' end
  context.answered = true
  if io[1].u32 ~= 0 then
    context.refused = io[2].u32
    return
  end
  local response = take(instance, io[2].u32, 'outgoing-response')
  response.body.context = context
  if not response.taken then response.body.finished = true end
  context.outgoing = response.body
  context.status, context.headers = response.status, response.fields.list
end

types['[resource-drop]response-outparam'] = function(_, io) context_of(io[0].u32, M.OUTPARAM, 'response-outparam').answered = true end

for _, kind in ipairs { 'fields', 'future-trailers', 'outgoing-response' } do
  types['[resource-drop]' .. kind] = function(instance, io) objects.drop(instance, io[0].u32, kind) end
end

linking.provide('wasi:http/types', types)

return M
