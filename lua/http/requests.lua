-- HTTP requests in a lane: what lua/http/lanes.py hands over in batches is called here, and answered in batches.
--
-- A batch is a run of values for string.buffer: number, kind, id and payload of each request, where the payload holds the encoded
-- arguments of a function in WebAssembly, or the encoded request of a handler in Lua. The answers are frames of bytes, see `frame`.

local buffer = require 'string.buffer'
local ffi = require 'ffi'
local arguments = require 'lua.values.arguments'
local away = require 'lua.dispatcher.away'
local calls = require 'lua.calls.calls'
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local facts = require 'lua.border.facts'
local intermediate = require 'lua.values.intermediate'

ffi.cdef [[
typedef struct __attribute__((packed)) { uint32_t number; uint8_t code; uint32_t length; } mw_http_frame;
]]

local type, unpack, tostring, pcall = type, unpack, tostring, pcall
local monotonic = clock.monotonic

local M = {}

-- The kinds of requests, and of answers: see lua/http/lanes.py.
local GUEST, INCOMING, HANDLING = facts.GUEST, facts.INCOMING, facts.HANDLING
local VALUE, ERROR, TEXT, RESPONSE = facts.VALUE, facts.ERROR, facts.TEXT, facts.RESPONSE
local HEAD, CHUNK, END, PULL = facts.HEAD, facts.CHUNK, facts.END, facts.PULL

-- How long answers wait for others, in nanoseconds.
local PATIENCE = 2e6

local NONE = {}

local host, modules
local out = buffer.new()
local frame, frame_bytes = ffi.new 'mw_http_frame', ffi.sizeof 'mw_http_frame'
local groups = {} -- number of a request -> its group
local handlers = {} -- id -> function of a handler

local function emit(number, code, payload)
  frame.number, frame.code, frame.length = number, code, #payload
  out:putcdata(frame, frame_bytes)
  out:put(payload)
end

local function flush()
  if #out > 0 then host.http_answers(out:get()) end
end

local function fail(number, id, problem)
  if not errors.is_error(problem) then problem = errors.from(problem, { entry = id }) end
  local text = intermediate.encode(problem)
  if not text then text = intermediate.encode(errors.make { message = problem:message(), kind = problem:kind(), entry = id }) end
  emit(number, ERROR, text .. buffer.encode(problem:stack()))
end

-- Answers for a result that has no encoding: `why` says so.
local function unpassable(number, id, why)
  local message = ("%s: the result can't leave Lua: %s"):format(id, (why:gsub('^value: ', '')))
  fail(number, id, errors.make { message = message, kind = errors.kinds.INTERNAL, entry = id })
end

local function answer(number, id, value, problem)
  if problem ~= nil then return fail(number, id, problem) end
  if type(value) == 'string' then return emit(number, TEXT, value) end
  local text, why = intermediate.encode(value)
  if text then return emit(number, VALUE, text) end
  unpassable(number, id, why)
end

-- Guests -----------------------------------------------------------------------------------------------------------

local function guest(number, id, payload)
  -- One that is not known yet is found in a task, which may wait for its code.
  local known = calls.known(id)
  local values, count = NONE, 0
  if #payload > 0 then
    values, count = intermediate.decode_all(payload)
  end
  local many = arguments.too_many(count)
  if many then
    return fail(number, id, errors.make { message = ('%s: %s'):format(id, many), kind = errors.kinds.INVALID, entry = id, lua_stack = {} })
  end
  if known and known.immediate then return answer(number, id, known.call(unpack(values, 1, count))) end
  groups[number] = dispatcher.open(function(group)
    groups[number] = nil
    local results = group.results or {}
    answer(number, id, results[1], group.problem or results[2])
  end, calls.call, id, unpack(values, 1, count))
end

-- Handlers ---------------------------------------------------------------------------------------------------------

local function handler_of(id)
  local f = handlers[id]
  if f then return f end
  ---@type border.LuaEntry|border.Failure
  local entry = buffer.decode(host.load(id))
  if entry.failed then return nil, errors.make { kind = entry.kind, message = entry.message, entry = id } end
  -- It runs here whatever its pool says: the request is here. The service has workers of its own.
  local problem
  f, problem = require('lua.scripts.functions').bind(entry, modules)
  if not f then return nil, problem end
  handlers[id] = f
  return f
end

-- Starts a streamed response.
local function begin(context)
  if context.started then return end
  context.started = true
  ---@type border.ResponseHead
  local head = { status = context.status, headers = context.headers }
  emit(context.number, HEAD, intermediate.encode(head))
end

-- Sends what has been written so far, and waits until the client has taken it. Gives whether it has.
---@param context table
---@return boolean
function M.flush(context)
  begin(context)
  local data = context.body:get()
  local _, taken = away.call(
    function(ticket) emit(context.number, CHUNK, tostring(ticket) .. '\n' .. data) end,
    function() end,
    'http.response'
  )
  return taken and true or false
end

-- The context of the request that the running task answers, or nil.
function M.context()
  local task = dispatcher.current()
  return task and task.group.http
end

local function finished(context, id, value, problem)
  local number = context.number
  context.over = true
  if problem ~= nil then return fail(number, id, problem) end
  if context.started then
    if #context.body > 0 then emit(number, CHUNK, '0\n' .. context.body:get()) end
    return emit(number, END, '')
  end
  if not context.touched then return answer(number, id, value) end
  ---@type border.WrittenResponse
  local response = { status = context.status, headers = context.headers }
  if context.wrote or value == nil then
    response.body = context.body:get()
  else
    response.value = value
  end
  local text, why = intermediate.encode(response)
  if text then return emit(number, RESPONSE, text) end
  unpassable(number, id, why)
end

local function handler(number, id, payload)
  local f, problem = handler_of(id)
  if not f then return fail(number, id, problem) end
  local context = {
    number = number,
    request = payload,
    status = 200,
    headers = {},
    body = buffer.new(),
    started = false,
    touched = false,
    wrote = false,
  }
  local group = dispatcher.open(function(group)
    groups[number] = nil
    local results = group.results or {}
    finished(context, id, results[1], group.problem or results[2])
  end, f)
  group.http = context
  groups[number] = group
end

-- Guests that answer requests themselves ----------------------------------------------------------------------------

-- Sends a piece of a body, after the head; gives whether the client has taken it within `ms` milliseconds.
local function send(context, data, ms)
  if not context.started then begin(context) end
  local in_time, taken = away.call(
    function(ticket) emit(context.number, CHUNK, tostring(ticket) .. '\n' .. data) end,
    function() end,
    'http.response',
    ms
  )
  return not in_time or taken
end

-- What a guest is told that reads a body after its request has ended: the case connection-terminated of error-code.
local GONE = { reason = 'the request has ended', failure = { code = 7, message = 'the request has ended' } }

-- The body of a request, as its pieces arrive: a source of an input stream (lua/wasi/p2/streams.lua).
local function body_source(number)
  local source = { text = '', over = false, asked = false, why = nil, watchers = {} }
  local function pull()
    if source.asked or source.over then return end
    source.asked = true
    emit(number, PULL, '')
  end
  function source.ready()
    if source.text == '' and not source.over then pull() end
    return source.text ~= '' or source.over
  end
  function source.take(most)
    if source.text == '' then
      if source.over then return nil, source.why end
      pull()
      return ''
    end
    local text = source.text:sub(1, most)
    source.text = source.text:sub(most + 1)
    return text
  end
  function source.watch(task, generation, wake)
    local watcher = function() wake(task, generation) end
    source.watchers[watcher] = true
    return function() source.watchers[watcher] = nil end
  end
  function source.arrived(text, over)
    source.asked, source.text, source.over = false, source.text .. text, over
    for watcher in pairs(source.watchers) do
      watcher()
    end
  end
  -- Nobody sends more of it; what reads it is told.
  function source.gone()
    if source.over then return end
    source.why = GONE
    source.arrived('', true)
  end
  return source
end

local function incoming_over(context, id, problem)
  local number, body = context.number, context.outgoing
  context.over = true
  if problem ~= nil then return fail(number, id, problem) end
  local what = context.refused and ('%s: the guest refused the request (error-code %d)'):format(id, context.refused)
    or not body and id .. ': the guest gave no response'
    or not body.finished and id .. ': the guest did not finish its response'
  if what then return fail(number, id, errors.make { message = what, kind = errors.kinds.INTERNAL, entry = id, lua_stack = {} }) end
  local rest = require('lua.wasi.p2.body').rest(body)
  if not context.started then
    ---@type border.WrittenResponse
    local response = { status = context.status, headers = context.headers, body = rest }
    return emit(number, RESPONSE, intermediate.encode(response))
  end
  if rest ~= '' then emit(number, CHUNK, '0\n' .. rest) end
  emit(number, END, '')
end

local function incoming(number, id, payload)
  local http = require 'lua.wasi.p2.http'
  local context = { number = number, started = false, source = body_source(number), incoming = intermediate.decode(payload) }
  function context.send(data, ms) return send(context, data, ms) end
  local group = dispatcher.open(function(group)
    groups[number] = nil
    local results = group.results or {}
    incoming_over(context, id, group.problem or results[2])
  end, calls.call, id, http.REQUEST, http.OUTPARAM)
  group.http = context
  groups[number] = group
end

-- The same by wasi:http/handler of 0.3.
local function handling(number, id, payload)
  local context = { number = number, started = false, source = body_source(number) }
  function context.begin() begin(context) end
  function context.send(data) return send(context, data) end
  local group = dispatcher.open(function(group)
    groups[number] = nil
    context.source.gone()
    local results = group.results or {}
    local text, problem = results[1], group.problem or results[2]
    if text == nil then return fail(number, id, problem) end
    if context.started then return emit(number, END, '') end
    ---@type border.WrittenResponse
    local response = { status = context.status, headers = context.headers, body = text }
    emit(number, RESPONSE, intermediate.encode(response))
  end, require 'lua.http.handling', id, intermediate.decode(payload), context)
  group.http = context
  groups[number] = group
end

-- Messages ---------------------------------------------------------------------------------------------------------

---@param message border.Requests
local function requests(message)
  local batch = buffer.new():set(message.batch)
  local began = monotonic()
  while #batch > 0 do
    local number, kind, id, payload = batch:decode(), batch:decode(), batch:decode(), batch:decode()
    local answer_by = kind == GUEST and guest or kind == INCOMING and incoming or kind == HANDLING and handling or handler
    local ok, problem = pcall(answer_by, number, id, payload)
    if not ok then fail(number, id, problem) end
    if #out > 0 and monotonic() - began > PATIENCE then
      flush()
      began = monotonic()
    end
  end
  flush()
end

---@param message border.RequestCanceled
local function cancel(message)
  local group = groups[message.number]
  if group then dispatcher.cancel_group(group) end
end

-- A piece of a request's body, for a guest that reads it as it arrives.
---@param message border.RequestBody
local function arrived(message)
  local group = groups[message.number]
  if group and group.http then group.http.source.arrived(message.data, message.over) end
end

-- Adds what a lane that serves HTTP understands to the handlers of its messages.
---@param callbacks table<string, function>
---@param stdlib table
---@param messages table<string, function>
function M.setup(callbacks, stdlib, messages)
  host, modules = callbacks, stdlib
  messages.http, messages.http_cancel, messages.http_body = requests, cancel, arrived
  -- A handler may wait for what a later request brings: whatever all wait for may still come.
  dispatcher.expect(1)
  dispatcher.on_turn(flush)
  dispatcher.on_idle(flush)
end

return M
