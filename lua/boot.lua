-- The first Lua code of a lane: sets up the compiler, the call path and the standard library, and gives Python what it
-- calls. `host` holds Python functions that take strings and give strings made by lua/values/buffer.py; no script ever sees them.

-- The defaults are for small machines: generated code gives long traces and many of them.
jit.opt.start('maxtrace=8000', 'maxrecord=16000', 'maxirconst=4000', 'maxside=400', 'maxsnap=4000', 'sizemcode=256', 'maxmcode=131072')
require('lua.dispatcher.collector').begin()

local away = require 'lua.dispatcher.away'
local calls = require 'lua.calls.calls'
local counted = require 'lua.pools.counted'
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'
local elsewhere = require 'lua.calls.elsewhere'
local errors = require 'lua.values.errors'
local exits = require 'lua.values.exits'
local intermediate = require 'lua.values.intermediate'
local most = require 'lua.values.arguments'
local output = require 'lua.scripts.output'
local owners = require 'lua.scripts.owners'
local scripts = require 'lua.scripts.scripts'
local modules = require 'stdlib.modules'

-- The interfaces of the host that guests may import, loaded with the first guest that imports some.
local function load_interfaces()
  require 'lua.wasi.p2.poll'
  require 'lua.wasi.p2.clocks'
  require 'lua.wasi.p2.streams'
  require 'lua.wasi.p2.cli'
  require 'lua.wasi.p2.directories'
  require 'lua.wasi.p2.filesystem'
  require 'lua.wasi.p2.http'
  require 'lua.wasi.p2.outgoing'
  require 'lua.wasi.p2.random'
  require 'lua.wasi.p2.tcp'
  require 'lua.wasi.p2.udp'
  require 'lua.wasi.p1.preview1'
end

-- Functions in Lua: their calls may run in other lanes, where the entry says so.
local function provide_lua(host)
  ---@param entry border.LuaEntry
  calls.provide('lua', function(entry)
    local f, problem = require('lua.scripts.functions').bind(entry, modules)
    if not f or not entry.workers then return f, problem end
    local near, far = counted.waiting(entry.id, f), require('lua.calls.workers').far(entry)
    return counted.whole(function(...)
      if away.possible() then return far(...) end
      return near(...)
    end)
  end)
end

-- Answers to Python ------------------------------------------------------------------------------------------------

-- An error as Python takes it: encoded, and as text with where it was.
local function told(problem, id)
  if not errors.is_error(problem) then problem = errors.from(problem, { entry = id }) end
  local text = intermediate.encode(problem)
  if not text then
    problem = errors.make { message = problem:message(), kind = problem:kind(), entry = id }
    text = intermediate.encode(problem)
  end
  return text, problem:stack()
end

-- What the results of a script say of it: nil or false, and then an error or its message, is a failure; else the first is its exit status.
local function verdict(results)
  local value, problem = results[1], results[2]
  if value or problem == nil then return exits.of(value) end
  if errors.is_error(problem) then return 0, problem end
  if type(problem) ~= 'string' then return exits.of(value) end
  return 0, errors.make { message = problem, kind = errors.kinds.UNKNOWN, lua_stack = {} }
end

-- The answer to a script that has ended with a problem or with results: its exit status, or the error that ended it.
local function script_answer(problem, results)
  local flushed, why = output.flush()
  local status = exits.status(problem) or 0
  if exits.status(problem) then
    problem = nil
  elseif problem == nil then
    status, problem = verdict(results)
  end
  if problem == nil and not flushed then problem = errors.make { message = why, kind = errors.kinds.INTERNAL, lua_stack = {} } end
  if problem ~= nil then return false, told(problem) end
  return status
end

-- The answer to a call: the encoded value, or nil and the error.
local function call_answer(id, value, problem)
  if problem == nil then
    local text
    text, problem = intermediate.encode(value)
    if text then return text end
    problem = errors.make {
      message = ("%s: the result can't leave Lua: %s"):format(id, (problem:gsub('^value: ', ''))),
      kind = errors.kinds.INVALID,
      entry = id,
    }
  end
  return nil, told(problem, id)
end

-- The arguments of a call, with their number in `n`, or nil and the error that there are too many.
local function packed(id, encoded)
  local values, count = intermediate.decode_all(encoded)
  local many = most.too_many(count)
  if many then
    return nil, errors.make { message = ('%s: %s'):format(id, many), kind = errors.kinds.INVALID, entry = id, lua_stack = {} }
  end
  values.n = count
  return values
end

-- The chunk of a script and its arguments, or nil and an error.
local function load_script(source, chunkname, arguments, places, granted)
  local chunk, problem, env = scripts.script(source, chunkname, modules, nil, places, granted)
  if not chunk then return nil, problem end
  local args = intermediate.decode(arguments)
  if #args > most.MOST then
    return nil,
      errors.make {
        message = ('expected at most %d arguments, got %d: give them in a file, or on standard input'):format(most.MOST, #args),
        kind = errors.kinds.INVALID,
        lua_stack = {},
      }
  end
  env.arg = args
  return chunk, args, env
end

-- Messages ---------------------------------------------------------------------------------------------------------

-- Answers a message whose handler has raised. Where nobody waits for its answer the mistake is ours, and ends the lane.
---@param message border.Run|border.Call|border.Program
local function fail(host, message, problem)
  if message.kind ~= 'run' and message.kind ~= 'call' and message.kind ~= 'program' then error(problem, 0) end
  host.done(message.number, false, told(problem, message.id))
end

-- What other threads may ask of the lane, by the kind of message: see lua/lane/lane.py. Answers go to `host.done` with the message's
-- number. Gives the handlers, and what tells whether the lane is to close.
local function handlers_for(host)
  local handlers, closing = {}, false
  local called = {} -- number of a call -> its group

  ---@param message border.Run
  function handlers.run(message)
    local chunk, args, env = load_script(message.source, message.name, message.arguments, message.places, message.granted)
    if not chunk then return host.done(message.number, script_answer(args)) end
    dispatcher.open(function(group)
      owners.finish(env)
      host.done(message.number, script_answer(group.problem, group.results))
    end, chunk, unpack(args))
  end

  ---@param message border.Call
  function handlers.call(message)
    local id = message.id
    local values, many = packed(id, message.arguments)
    if not values then return host.done(message.number, call_answer(id, nil, many)) end
    called[message.number] = dispatcher.open(function(group)
      called[message.number] = nil
      local results, problem = group.results or {}, group.problem
      -- What the call has spawned may exit too.
      local status = exits.status(problem)
      if status then
        results, problem = { status }, nil
      end
      host.done(message.number, call_answer(id, results[1], problem or results[2]))
    end, calls.call, id, unpack(values, 1, values.n))
  end

  ---@param message border.Program
  function handlers.program(message)
    local entry = message.entry
    dispatcher.open(function(group)
      local results = group.results or {}
      host.done(message.number, call_answer(entry.id, results[1], group.problem or results[2]))
    end, require('lua.programs.programs').run, host, entry)
  end

  ---@param message border.Gone
  function handlers.gone(message)
    require('lua.calls.workers').gone(message.answers)
    elsewhere.gone(message.answers)
  end

  ---@param message border.Warm
  function handlers.warm(message) calls.warm(message.id) end

  ---@param message border.Work
  function handlers.work(message) require('lua.calls.workers').serve(message.orders, message.answers, calls, call_answer) end

  ---@param message border.Job
  function handlers.job(message) host.job(message.number) end

  ---@param message border.Answer
  function handlers.answer(message) away.answered(message.ticket, message.value) end

  ---@param message border.Batch
  function handlers.batch(message)
    require('lua.calls.cluster').serve(
      message.batch,
      message.id,
      message.frames,
      calls.call,
      call_answer,
      function(frames) host.done(message.number, frames) end
    )
  end

  ---@param message border.LeaveBatch
  function handlers.leave_batch(message) require('lua.calls.cluster').cancel(message.batch, message.ones) end

  ---@param message border.ClusterAnswers
  function handlers.cluster(message) require('lua.calls.cluster').answered(message.frames) end

  ---@param message border.Cancel
  function handlers.cancel(message)
    if not message.number then
      dispatcher.cancel_all()
    elseif called[message.number] then
      dispatcher.cancel_group(called[message.number])
    end
  end

  function handlers.close() closing = true end

  return handlers, function() return closing end
end

-- The table that Python calls ---------------------------------------------------------------------------------------

local M = { calls = calls }

-- Runs a script alone in its lane; gives nothing, or the encoded error that ended it and its stack; nil, nil and a status that is not 0.
function M.run(source, chunkname, arguments)
  local function answer(status, problem, stack)
    if problem then return problem, stack end
    if status ~= 0 then return nil, nil, status end
  end
  local chunk, args, env = load_script(source, chunkname, arguments)
  if not chunk then return answer(script_answer(args)) end
  local ok, first, second = dispatcher.run(chunk, unpack(args))
  owners.finish(env)
  if ok then return answer(script_answer(nil, { first, second })) end
  return answer(script_answer(first))
end

-- Calls a function alone in its lane; gives the encoded value, or nil, the encoded error and its stack.
function M.call(id, arguments)
  local values, many = packed(id, arguments)
  if not values then return call_answer(id, nil, many) end
  local ok, value, problem = dispatcher.run(calls.call, id, unpack(values, 1, values.n))
  if not ok then
    value, problem = exits.status(value), not exits.status(value) and value or nil
  end
  return call_answer(id, value, problem)
end

-- Stops time for the lane, for tests: it moves on, to the next timer, only when everything waits.
M.test_clock = clock.test

-- How many sockets the lane has open for guests, or how many of those have only bytes to send yet; for tests.
function M.sockets(only_lingering)
  if only_lingering then return require('lua.wasi.sockets.connection').lingering() end
  return require('lua.wasi.sockets.system').count()
end

function M.close()
  output.flush()
  calls.close()
end

local function boot(host)
  require('lua.guest.linking').setup(load_interfaces)
  require('lua.pools.pools').setup(host)
  calls.setup(host, modules, function() require('lua.tasks.objects').setup(require 'stdlib.funcs.streams') end)
  require('lua.lane.ask').setup(host)
  require('lua.scripts.files').setup(require('lua.lane.ask').ask)
  provide_lua(host)

  -- The lane's life: answers messages until one says to close and everything has ended.
  function M.serve(descriptor, flag)
    local handlers, is_closing = handlers_for(host)
    require('lua.lane.inbox').open(descriptor, flag, host.take, handlers, function(...) fail(host, ...) end)
    if host.http_answers then require('lua.http.requests').setup(host, modules, handlers) end
    away.open = true
    dispatcher.serve(is_closing)
    M.close()
    -- What guests are in that still run elsewhere is freed when they are back, and libraries drop what instances held.
    dispatcher.serve(function() return not elsewhere.busy() end)
    output.flush()
  end

  -- Begins the REPL's session in the lane, then M.session: see lua/repl/session.lua.
  function M.open_session(emit, answer, failed, traced, help, hopeless, flag, places)
    local terminal = { emit = emit, answer = answer, failed = failed, traced = traced, help = help, hopeless = hopeless }
    local function trace(tell) require('stdlib.funcs.trace').trace(tell) end
    M.session = require('lua.repl.session').open(terminal, flag, modules, trace, (intermediate.decode(places)))
  end

  return M
end

-- Python runs on the lane's stack, never on a guest's.
return function(host) return boot(require('lua.guest.stack').guarded(host)) end
