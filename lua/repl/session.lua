-- A session of the REPL in a lane: evaluates inputs one after the other, each as a task beside those that earlier ones started.
local buffer = require 'string.buffer'
local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'
local describe = require 'lua.repl.describe'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local exits = require 'lua.values.exits'
local locals = require 'lua.repl.locals'
local members = require 'lua.repl.members'
local output = require 'lua.scripts.output'
local sandbox = require 'lua.scripts.sandbox'
local scripts = require 'lua.scripts.scripts'
local standard_input = require 'lua.scripts.input'
local sinks = require 'lua.repl.sink'
local stopping = require 'lua.repl.stops'
local undefined = require 'lua.repl.undefined'

local current = dispatcher.current
local select, rawset, xpcall = select, rawset, xpcall

local encode, decode = buffer.encode, buffer.decode

local MOST_VALUES = 50 -- of one input that are shown

local EXIT = errors.make { message = 'os.exit ends a script; leave the session by :quit', kind = errors.kinds.INVALID, lua_stack = {} }

local M = {}

--- Begins the lane's session. `host` has `emit(text)`, which takes what is printed, `answer(number, encoded)`, which takes what became
-- of an input, `failed(place, encoded)`, which takes the error of what an input had left running, `traced(encoded)`, which takes a
-- call, `help(name, kind, text)`, which explains, and `hopeless()`, which is called once when an input waits for what can't come and says
-- with anything but nil that it is to end; `flag` is the address that lua/repl/stops.lua looks at. `modules` are the
-- standard library, and `trace(tell)` has calls of functions told, see stdlib/funcs/trace.lua. `places` are where files are required from.
---@param host table<string, function>
---@param flag integer
---@param modules table
---@param trace fun(tell: function?)
---@param places border.Place[]
---@return table<string, function>
function M.open(host, flag, modules, trace, places)
  sandbox.compiles = false
  local sink = sinks.new(host.emit)
  output.redirect(sink)
  standard_input.refused = 'in a session it is what is typed'
  dispatcher.on_turn(sink.flush)

  local _, _, env = scripts.script('', '=session', modules, nil, places)
  local kept = locals.new()
  local own = members.new(env, kept, modules)
  local stops = stopping.watch(ffi.cast('volatile uint32_t *', flag))
  local told -- whether the host was told that the input waits forever
  local notes, forget_names = undefined.watch(env, kept, own, function() return stops.foreground end)

  local function report(problem)
    if errors.is_error(problem) then return problem end
    return errors.from(problem, { lua_stack = errors.frames(2) })
  end

  -- What became of an input.
  ---@return border.InputOutcome
  local function shown(limits, ok, ...)
    if not ok then
      if stops.stopped or (...) == stops.problem then return { interrupted = true } end
      local problem = stops.foreground and stops.foreground.problem or (...)
      if exits.status(problem) then problem = EXIT end
      if stops.foreground then stops.foreground.shown = stops.foreground.problem end
      return { failed = describe.describe(errors.from(problem), limits) }
    end
    local values = {}
    for i = 1, math.min(select('#', ...), MOST_VALUES) do
      values[i] = describe.describe((select(i, ...)), limits)
    end
    if stops.stopped then return { interrupted = true } end
    return { values = values, count = select('#', ...) }
  end

  ---@param outcome border.InputOutcome
  local function finish(number, group, begun, outcome)
    sink.flush()
    if stops.foreground == group then stops.foreground = nil end
    stops.calm()
    outcome.notes = notes()
    outcome.ended = stops.take_ended()
    outcome.seconds = (clock.monotonic() - begun) / 1e9
    group.answered = true
    host.answer(number, encode(outcome))
  end

  local function body(number, chunk, limits, remember, bench)
    ---@type table, number
    local group, begun = current().group, clock.monotonic()
    if bench then
      local measured = chunk
      chunk = function() return require('lua.repl.bench').bench(measured, stops.is_due) end
    end
    local function settle(ok, ...)
      if ok and remember and select('#', ...) > 0 then rawset(env, '_', (...)) end
      return shown(limits, ok, ...)
    end
    local outcome = settle(xpcall(chunk, report))
    -- What it has started goes on: only a group with a main task ends with it.
    if not group.closing then group.main = false end
    finish(number, group, begun, outcome)
  end

  local function failed(group, number, place)
    local problem = group.problem
    sink.flush()
    if not group.answered then
      return finish(number, group, clock.monotonic(), { interrupted = true })
    elseif problem and problem ~= stops.problem and problem ~= group.shown and problem:kind() ~= errors.kinds.CANCELED then
      host.failed(place, encode(describe.describe(problem, describe.SHORT)))
    end
  end

  -- What the user types next may wake what earlier inputs have left waiting. But while an input waits there is no next one.
  dispatcher.expect_user(function()
    if not stops.foreground or told then return end
    told = true
    sink.flush()
    if host.hopeless() then dispatcher.give_up(stops.foreground) end
  end)

  -- What Python asks of the session, between two turns of the dispatcher; what has parts goes encoded.
  local session = {}

  --- Starts an input: {number, place (the number of its prompt), source, name (of the chunk), keeper, names, full = all of its values are
  --- shown, quiet = `_` stays, bench = it is run many times}.
  function session.evaluate(text)
    ---@type border.Input
    local input = decode(text)
    stops.calm()
    stops.stopped, told = false, false
    forget_names()
    local chunk, problem = kept.load(input.source, input.name, env, input.keeper, input.names)
    if not chunk then
      ---@type border.InputOutcome
      local outcome = {
        failed = describe.describe(errors.make { message = problem, kind = errors.kinds.INVALID, lua_stack = {} }, describe.SHORT),
        seconds = 0,
      }
      return host.answer(input.number, encode(outcome))
    end
    local limits = input.full and describe.FULL or describe.SHORT
    local function fail(group) failed(group, input.number, input.place) end
    stops.foreground = dispatcher.open(fail, body, input.number, chunk, limits, not input.quiet, input.bench)
    stops.foreground.place = input.place
    -- Inputs are one process.
    stops.foreground.session = session
  end

  --- Ends the stopping of what computed while no input ran; gives the places of the inputs that had left it running.
  function session.calmed()
    if not stops.foreground then stops.calm() end
    return encode(stops.take_ended())
  end

  --- Does nothing: its answer says that the lane is not busy.
  function session.answers() end

  --- Cancels what the input waits for, if one runs; with `everything`, all that waits in the lane.
  function session.interrupt(everything)
    if everything then return dispatcher.cancel_all() end
    if not stops.foreground then return stops.calm() end
    stops.stopped = true
    dispatcher.cancel_group(stops.foreground)
  end

  --- Lists names: see `list` in lua/repl/members.lua.
  function session.list(text)
    ---@type border.NamesQuery
    local query = decode(text)
    return encode(own.list(query.path, query.prefix))
  end

  --- Tells what a path of names leads to: see `explain` in lua/repl/members.lua.
  function session.explain(text) return encode(own.explain(decode(text))) end

  --- Has ids mean what the registry says now; instances end, and what is called next is loaded anew.
  function session.forget() require('lua.calls.calls').forget() end

  --- Has calls told to the host from now on, or no longer.
  function session.trace(on)
    trace(on and function(id, arguments, results, seconds)
      sink.flush()
      ---@type border.TracedCall
      local call = { id = id, arguments = arguments, results = results, seconds = seconds }
      host.traced(encode(call))
    end or nil)
  end

  -- For scripts: explains what it is given.
  function env.help(...)
    local name, kind, text = '', '', ''
    if select('#', ...) > 0 then
      name, kind, text = own.about((...))
    end
    output.print(decode(host.help(name, kind, text)))
  end

  return session
end

return M
