-- Requests that guests send, by wasi:http of 0.2 and 0.3: the lane's side of host/http/asking/outgoing.py.
--
-- A guest's functions run on a Wasmtime stack, from which nothing of Python may be called: what they want is an order, which the
-- lane passes on between two turns. The answers come with the lane's messages. An exchange lives until its guest has dropped what it
-- holds of it, or until its instance ends.
--
-- A request whose body is not finished is not begun until its guest waits or its call ends: what was written by then goes with its
-- length, as servers like it best, and all the rest in chunks.

local away = require 'lua.dispatcher.away'
local intermediate = require 'lua.values.intermediate'
local orders = require 'lua.lane.orders'
local protocol = require 'lua.guest.protocol'
local running = require 'lua.guest.running'
local signal = require 'lua.wasi.signal'

local M = {}

-- How much of a body is kept unsent, in bytes.
local ROOM = 1024 * 1024
-- How many requests an instance may have at once.
local MOST = 1000

--- Cases of error-code that are ours.
M.LIMIT_REACHED, M.BODY_SIZE, M.METHOD_INVALID, M.URI_INVALID, M.PROTOCOL, M.INTERNAL = 11, 17, 18, 19, 35, 38

-- Orders --------------------------------------------------------------------------------------------------------------

local function order(operation, number, data, ticket)
  orders.give(
    'fetch',
    operation,
    number,
    data,
    ticket and function(problem) away.answered(ticket, { failed = true, code = M.INTERNAL, message = problem:message() }) end
  )
end

--- Passes on what guests have asked for; not to be called on a guest's stack.
M.drain = orders.drain

-- The body of a request ------------------------------------------------------------------------------------------------

--- Takes what has been written of a body and was not sent yet.
---@param body {pieces: string[], size: integer}
---@return string
function M.collect(body)
  local text = table.concat(body.pieces)
  body.pieces, body.size = {}, 0
  return text
end

-- Sends what has been written, one piece at a time.
local function push(x)
  local body = x.body
  if not x.number or x.closed or body.sending > 0 then return end
  if body.size > 0 then
    body.sending = body.size
    local ticket = away.expect(function()
      body.sending = 0
      push(x)
      body.room.notify()
      body.drained.notify()
    end)
    return order('out.write', x.number, intermediate.encode_all(2, ticket, M.collect(body)), ticket)
  end
  if body.finished and not body.ended then
    body.ended = true
    order('out.finish', x.number, intermediate.encode_all(2, 0, ''))
  end
end

--- Makes the body of a request; `length` is what its headers say of it, or nil.
---@param length? number
---@return table
function M.body(length)
  local body = { kind = 'outgoing-body', pieces = {}, size = 0, sending = 0, written = 0, length = length }
  local function left() return ROOM - body.size - body.sending end
  local function push_on()
    if body.exchange then push(body.exchange) end
  end
  body.room = signal(function()
    if left() <= 0 then push_on() end
    return body.failed ~= nil or left() > 0
  end)
  body.drained = signal(function()
    push_on()
    return body.failed ~= nil or not body.exchange or body.size + body.sending == 0
  end)
  local sink = { source = body.room, pending = { sources = { body.drained } } }
  function sink.write(text)
    if body.size + #text > 2 * ROOM then
      protocol.trap 'the guest writes more of its request than it was allowed to; it must flush, and send the request before'
    end
    body.written = body.written + #text
    if body.length and body.written > body.length then
      body.failed =
        { reason = 'the body of the request is longer than its Content-Length', failure = { code = M.BODY_SIZE, number = body.written } }
    end
    if body.failed then return end
    body.pieces[#body.pieces + 1] = text
    body.size = body.size + #text
  end
  function sink.room() return math.max(left(), 0) end
  function sink.failure() return body.failed end
  sink.flush = push_on
  body.sink, body.finish, body.abandon = function() return sink end, M.finish, M.abandon
  return body
end

-- Ends a body for good: nobody takes what is written.
local function fail_body(body, failure)
  if body.finished or body.failed then return end
  body.failed = { reason = failure.message, failure = failure }
  body.pieces, body.size = {}, 0
  body.room.notify()
  body.drained.notify()
  if body.stop then body.stop() end
end

--- Ends a body as its guest wishes; gives what is wrong with it, as {code =, number =}, or nil.
---@param body table
---@return {code: integer, number: integer?}?
function M.finish(body)
  if body.failed then return body.failed.failure end
  if body.length and body.written ~= body.length then
    M.abandon(body)
    return { code = M.BODY_SIZE, number = body.written }
  end
  body.finished = true
  if body.exchange then push(body.exchange) end
end

-- The response ---------------------------------------------------------------------------------------------------------

-- The response's body, as its pieces arrive: a source of an input stream (lua/wasi/p2/streams.lua).
local function response_source(x)
  local text, over, why, asked = '', false, nil, false
  local source
  local function pull()
    if asked or over then return end
    if x.closed then
      over = true
      return
    end
    asked = true
    local ticket = away.expect(function(answer)
      asked = false
      if answer.failed then
        over = true
        why = { reason = answer.message, failure = { code = answer.code or M.INTERNAL, message = answer.message } }
      else
        text, over = answer.body, answer.body == ''
      end
      source.notify()
    end)
    order('out.read', x.number, intermediate.encode_all(2, ticket, ''), ticket)
  end
  source = signal(function()
    if text == '' then pull() end
    return text ~= '' or over
  end)
  function source.take(most)
    if text == '' then
      pull()
      if over then return nil, why end
      return ''
    end
    local piece = text:sub(1, most)
    text = text:sub(most + 1)
    return piece
  end
  return source
end

-- Exchanges ------------------------------------------------------------------------------------------------------------

local function answered(x, answer)
  if x.answer then return end
  x.answer = answer
  if answer.failed then
    x.answer.code = answer.code or M.INTERNAL
    if x.body then fail_body(x.body, x.answer) end
    M.close(x)
  else
    x.response = response_source(x)
  end
  x.arrived.notify()
end

local function start(x)
  local body, request = x.body, x.request
  local whole = not body and '' or body.finished and M.collect(body) or nil
  if whole and body then body.ended = true end
  local number
  number = away.expect(function(answer) answered(x, answer) end)
  x.number = number
  local data, problem = intermediate.encode_all(
    7,
    request.method,
    request.url,
    request.headers,
    whole,
    request.connect,
    request.first_byte,
    request.between_bytes
  )
  if not data then error(problem, 0) end
  order('out.send', number, data, number)
  if body then push(x) end
end

--- Begins the requests of an instance that wait for their bodies.
---@param instance Instance
function M.begin(instance)
  local list = instance.unsent
  instance.unsent = nil
  for _, x in ipairs(list) do
    if not x.closed then start(x) end
  end
end

--- Gives the exchange of a request, {method =, url =, headers =, connect =, first_byte =, between_bytes = seconds}, whose `body` is nil for
-- none; or nil and the case of error-code that says why not.
---@param instance Instance
---@param request table
---@param body? table
---@return table?
---@return integer?
function M.open(instance, request, body)
  instance.exchanges = instance.exchanges or { count = 0 }
  if instance.exchanges.count >= MOST then return nil, M.LIMIT_REACHED end
  if not away.open then return nil, M.INTERNAL end
  local x = { kind = 'future-incoming-response', instance = instance, request = request, body = body }
  instance.exchanges[x] = true
  instance.exchanges.count = instance.exchanges.count + 1
  x.arrived = signal(function()
    if not x.number and not x.answer and instance.unsent then M.begin(instance) end
    return x.answer ~= nil
  end)
  if body then body.exchange = x end
  if body and body.failed then
    answered(x, body.failed.failure)
  elseif not body or body.finished then
    start(x)
  else
    instance.unsent = instance.unsent or {}
    table.insert(instance.unsent, x)
  end
  return x
end

--- Ends an exchange, wherever it is.
---@param x table
function M.close(x)
  if x.closed then return end
  x.closed = true
  local held = x.instance.exchanges
  if held and held[x] then
    held[x] = nil
    held.count = held.count - 1
  end
  if x.number then order('out.close', x.number, '') end
  if x.body then fail_body(x.body, { code = M.PROTOCOL, message = 'the request has ended' }) end
end

--- A body that its guest drops unfinished: its request is not to be taken for whole.
---@param body table
function M.abandon(body)
  if body.finished then return end
  local failure = { failed = true, code = M.PROTOCOL, message = 'the body of the request was not finished' }
  body.failed = body.failed or { reason = failure.message, failure = failure }
  local x = body.exchange
  if not x then return end
  answered(x, failure)
  M.close(x)
end

--- Ends what an instance has open.
---@param instance Instance
function M.leave(instance)
  local held = instance.exchanges
  instance.exchanges, instance.unsent = nil, nil
  held.count = nil
  for x in pairs(held) do
    M.close(x)
  end
end

running.exchanges = M

return M
