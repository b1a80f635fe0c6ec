-- A session of the REPL in a lane: evaluates inputs one after the other, each as a task beside those that earlier ones started.
--
-- What is typed is interpreted, never compiled, so that a hook can stop it: it looks at a number in memory every few hundred instructions.
-- The number is 0; or 1, to stop the input that runs; or 2 (ALL), to stop whatever script code runs. Beside it stands, for who waits, the
-- place of the input whose code runs, as its prompt has it: `[place]>`.
local buffer = require 'string.buffer'
local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'
local describe = require 'lua.repl.describe'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local interrupt = require 'lua.dispatcher.interrupt'
local locals = require 'lua.repl.locals'
local members = require 'lua.repl.members'
local nearest = require 'lua.values.nearest'
local output = require 'lua.scripts.output'
local sandbox = require 'lua.scripts.sandbox'
local scripts = require 'lua.scripts.scripts'

local current = dispatcher.current
local select, rawset, rawget, xpcall, concat, sort, tostring = select, rawset, rawget, xpcall, table.concat, table.sort, tostring
local getmetatable, next, type = getmetatable, next, type

local encode, decode = buffer.encode, buffer.decode

local ALL = 2
local MOST_VALUES = 50 -- of one input that are shown
local MOST_NOTES = 5

-- Output is handed over after so many bytes, or nanoseconds.
local MOST_BUFFERED, MOST_WAIT = 8192, 30e6

local M = {}

-- Printing -------------------------------------------------------------------------------------------------------

-- A sink for lua/scripts/output.lua that hands text over in pieces; `emit` waits while nobody takes them.
local function sink_of(emit)
  local pieces, n, size, since = {}, 0, 0, 0
  local sink = {}

  function sink.flush()
    if n > 0 then
      local text = concat(pieces, '', 1, n)
      pieces, n, size = {}, 0, 0
      emit(text)
    end
    return true
  end

  -- What a guest prints stands behind what scripts have printed before.
  function sink.keep(text)
    if n == 0 then since = clock.monotonic() end
    n, size = n + 1, size + #text
    pieces[n] = text
    return true
  end

  function sink.write(_, ...)
    if n == 0 then since = clock.monotonic() end
    for i = 1, select('#', ...) do
      local piece = tostring((select(i, ...)))
      n, size = n + 1, size + #piece
      pieces[n] = piece
    end
    if size >= MOST_BUFFERED or clock.monotonic() - since > MOST_WAIT then sink.flush() end
    return true
  end

  return sink
end

-- Notices the globals that are read while `watching()` and that are not there. Returns a function that gives a sentence for each that
-- still is not, and one that begins anew.
local function reads_in_vain(env, kept, own, watching)
  local undefined = {} -- the names, as keys
  local known = getmetatable(env)
  local module_of = known.__index
  function known.__index(t, name)
    local value = module_of(t, name)
    if value == nil and type(name) == 'string' and name ~= '_' and watching() then undefined[name] = true end
    return value
  end

  local function notes()
    local names, sentences = {}, {}
    for name in next, undefined do
      if rawget(env, name) == nil and not kept.get(name) then names[#names + 1] = name end
    end
    undefined = {}
    sort(names)
    for i = 1, math.min(#names, MOST_NOTES) do
      sentences[i] = ("there is no global '%s'"):format(names[i]:sub(1, 60)) .. nearest.hint(names[i], own.names())
    end
    return sentences[1] and sentences or nil
  end

  return notes, function() undefined = {} end
end

-- The session ----------------------------------------------------------------------------------------------------

--- Begins the lane's session. `host` has `emit(text)`, which takes what is printed, `answer(number, encoded)`, which takes what became
-- of an input, `failed(place, encoded)`, which takes the error of what an input had left running, `traced(encoded)`, which takes a
-- call, `help(name, kind, text)`, which explains, and `hopeless()`, which is told once that an input waits for what can't come and says
-- with anything but nil that it is to end; `flag` is the address of the number that stops and of the place behind it. `modules` are the
-- standard library, and `trace(tell)` has calls of functions told, see stdlib/funcs/trace.lua.
function M.open(host, flag, modules, trace)
  flag = ffi.cast('volatile uint32_t *', flag)
  sandbox.compiles = false
  local sink = sink_of(host.emit)
  output.redirect(sink)
  dispatcher.on_turn(sink.flush)

  local _, _, env = scripts.script('', '=session', modules)
  local kept = locals.new()
  local own = members.new(env, kept, modules)
  ---@type table?, boolean?
  local foreground, stopped -- the group of the input that runs; whether it was stopped
  local told -- whether the host was told that it waits for ever
  local ended = {} -- the places of inputs whose code in the background was stopped, as keys
  local notes, forget_names = reads_in_vain(env, kept, own, function() return foreground end)

  local STOP = errors.make { message = 'interrupted', kind = errors.kinds.CANCELED, lua_stack = {} }

  -- Whether the code that runs is to end.
  local function find()
    local mode, task = flag[0], current()
    local group = task and task.group
    if mode == 0 then
      flag[1] = group and group.place or 0
    elseif mode == ALL or task and group == foreground then
      return STOP
    end
  end

  local function raised()
    if flag[0] == 0 then return end
    local task = current()
    local group = task and task.group
    if task and group == foreground then
      stopped = true
    elseif group and group.place then
      ended[group.place] = true
    end
  end

  local function calm()
    flag[0] = 0
    interrupt.calm()
  end

  local function report(problem)
    if errors.is_error(problem) then return problem end
    return errors.from(problem, { lua_stack = errors.frames(2) })
  end

  -- The places of inputs whose code in the background was stopped since the last time.
  local function take_ended()
    local places = {}
    for place in next, ended do
      places[#places + 1] = place
    end
    ended = {}
    sort(places)
    return places
  end

  -- The answer about an input: {items per value}, or {failed = items}.
  local function shown(limits, ok, ...)
    if not ok then
      if stopped or (...) == STOP then return { interrupted = true } end
      local problem = foreground and foreground.problem or (...)
      if foreground then foreground.shown = foreground.problem end
      return { failed = describe.describe(errors.from(problem), limits) }
    end
    local values = {}
    for i = 1, math.min(select('#', ...), MOST_VALUES) do
      values[i] = describe.describe((select(i, ...)), limits)
    end
    if stopped then return { interrupted = true } end
    return { values = values, count = select('#', ...) }
  end

  local function finish(number, group, begun, answer)
    sink.flush()
    if foreground == group then foreground = nil end
    calm()
    answer.notes = notes()
    answer.ended = take_ended()
    answer.seconds = (clock.monotonic() - begun) / 1e9
    group.answered = true
    host.answer(number, encode(answer))
  end

  local function is_stopped() return stopped or flag[0] ~= 0 end

  local function body(number, chunk, limits, remember, bench)
    ---@type table, number
    local group, begun = current().group, clock.monotonic()
    if bench then
      local measured = chunk
      chunk = function() return require('lua.repl.bench').bench(measured, is_stopped) end
    end
    local function settle(ok, ...)
      if ok and remember and select('#', ...) > 0 then rawset(env, '_', (...)) end
      return shown(limits, ok, ...)
    end
    local answer = settle(xpcall(chunk, report))
    -- What it has started goes on: only a group with a main task ends with it.
    if not group.closing then group.main = false end
    finish(number, group, begun, answer)
  end

  local function failed(group, number, place)
    local problem = group.problem
    sink.flush()
    if not group.answered then
      return finish(number, group, clock.monotonic(), { interrupted = true })
    elseif problem and problem ~= STOP and problem ~= group.shown and problem:kind() ~= errors.kinds.CANCELED then
      host.failed(place, encode(describe.describe(problem, describe.SHORT)))
    end
  end

  -- What the user types next may wake what earlier inputs have left waiting. But while an input waits there is no next one.
  dispatcher.expect_user(function()
    if not foreground or told then return end
    told = true
    sink.flush()
    if host.hopeless() then dispatcher.give_up(foreground) end
  end)

  -- What Python asks of the session, between two turns of the dispatcher; what has parts goes encoded.
  local session = {}

  --- Starts an input: {number, place (the number of its prompt), source, name (of the chunk), keeper, names, full = all of its values are
  --- shown, quiet = `_` stays, bench = it is run many times}.
  function session.evaluate(text)
    ---@type border.Input
    local input = decode(text)
    calm()
    stopped, told = false, false
    forget_names()
    local chunk, problem = kept.load(input.source, input.name, env, input.keeper, input.names)
    if not chunk then
      local answer = {
        failed = describe.describe(errors.make { message = problem, kind = errors.kinds.INVALID, lua_stack = {} }, describe.SHORT),
        seconds = 0,
      }
      return host.answer(input.number, encode(answer))
    end
    local limits = input.full and describe.FULL or describe.SHORT
    local function fail(group) failed(group, input.number, input.place) end
    foreground = dispatcher.open(fail, body, input.number, chunk, limits, not input.quiet, input.bench)
    foreground.place = input.place
  end

  --- Ends the stopping of what computed while no input ran; gives the places of the inputs that had left it running.
  function session.calmed()
    if not foreground then calm() end
    return encode(take_ended())
  end

  --- Does nothing: who asks learns that the lane has come to it.
  function session.answers() end

  --- Cancels what the input waits for, if one runs; with `everything`, all that waits in the lane.
  function session.interrupt(everything)
    if everything then return dispatcher.cancel_all() end
    if not foreground then return calm() end
    stopped = true
    dispatcher.cancel_group(foreground)
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
      host.traced(encode { id = id, arguments = arguments, results = results, seconds = seconds })
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

  interrupt.watch(find, raised)
  calm()
  return session
end

return M
