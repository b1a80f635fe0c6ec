-- wasi:http/client of WASI 0.3: requests that guests send, over the exchanges that 0.2 has (lua/wasi/exchange.lua).

local asking = require 'lua.wasi.asking'
local bodies = require 'lua.wasi.p3.bodies'
local calls = require 'lua.tasks.calls'
local dispatcher = require 'lua.dispatcher.dispatcher'
local exchange = require 'lua.wasi.exchange'
local headers = require 'lua.wasi.headers'
local http = require 'lua.wasi.p3.http'

-- How much of a body is read before its request is begun, so that a short one goes with its length; in bytes.
local WHOLE = 65536

-- Ends a request that failed before it was sent.
local function refuse(data, failure)
  data.body.close()
  if data.sent then data.sent(failure) end
  return { err = bodies.code(failure) }
end

-- Writes the body of a request, in a task of its own.
local function pump(data, body)
  local finished = false
  local group = dispatcher.open(function(group)
    finished = true
    if not group.results then exchange.abandon(body) end
    if data.sent then data.sent(body.failed and body.failed.failure) end
  end, function()
    local failure = bodies.pass(data.body, function(piece)
      if not body.failed then
        body.sink().write(piece)
        body.sink().flush()
        bodies.wait(body.room, 'a server to read a request')
      end
      return not body.failed
    end)
    if failure == false then return end
    if failure then
      exchange.abandon(body)
    else
      exchange.finish(body)
    end
  end)
  -- What ends the exchange ends the writer of its body too.
  function body.stop()
    if not finished then dispatcher.cancel_group(group) end
  end
end

-- Begins the exchange of a request, with what there is of its body; gives it, or nil and a failure.
local function begin(instance, data, found)
  local body
  if data.has_body then
    local text, whole = bodies.gather(data.body, WHOLE)
    body = exchange.body(headers.length_of(data.fields) or nil)
    if text ~= '' then body.sink().write(text) end
    local failure = whole and (data.body.outcome() or exchange.finish(body))
    if failure then return nil, failure end
    if whole then data.body.close() end
    if whole and data.sent then data.sent() end
    if not whole then pump(data, body) end
  elseif data.sent then
    data.sent()
  end
  if not instance.store then return nil, { code = exchange.INTERNAL, message = 'the guest has ended' } end
  local x, code = exchange.open(instance, found, body)
  if not x then
    if body then exchange.abandon(body) end
    return nil, { code = code }
  end
  if instance.unsent then exchange.begin(instance) end
  return x
end

-- Sends a request and gives the response.
local function send(instance, data, running)
  local found, code = asking.sendable(data, data.options)
  if not found then return refuse(data, { code = code }) end
  local x, failure = begin(instance, data, found)
  if not x then return refuse(data, failure) end
  running.x = x
  bodies.wait(x.arrived, 'a server to answer')
  if x.answer.failed then return { err = bodies.code(x.answer) } end
  running.x = nil
  local response = http.responses.new {
    status = x.answer.status,
    fields = headers.passed_on(x.answer.headers),
    body = bodies.received(x.response, function() exchange.close(x) end),
  }
  return { ok = response }
end

calls.provide('wasi:http/client', {
  send = function(who, request)
    local data = http.requests.take(request)
    return calls.later(function(resolve)
      local running = { x = nil }
      local group = dispatcher.open(function(group)
        if running.x then exchange.close(running.x) end
        if group.results then return resolve(group.results[1]) end
        local problem = group.problem
        resolve { err = bodies.code { code = exchange.INTERNAL, message = problem and problem:message() } }
      end, send, who.instance, data, running)
      return function() dispatcher.cancel_group(group) end
    end)
  end,
})
