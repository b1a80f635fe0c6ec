-- The module `group`: coroutines that run concurrently and end together. Nothing outlives its group, and no error is lost.
local arguments = require 'lua.values.arguments'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local future = require 'stdlib.funcs.future'
local got = require 'lua.values.got'
local mapping = require 'stdlib.groups.mapping'
local nursery = require 'stdlib.groups.nursery'
local object = require 'stdlib.fs.object'
local options = require 'stdlib.values.options'
local retries = require 'stdlib.values.retries'
local tasks = require 'lua.dispatcher.tasks'
local trying = require 'stdlib.groups.trying'

local type, error, select, pairs, unpack = type, error, select, pairs, unpack
local KINDS = errors.kinds

local M = {}

local class = object.class(
  'group',
  'a group',
  function(state) return 'group (' .. state.nursery.count .. (state.nursery.count == 1 and ' child)' or ' children)') end
)
local methods = class.methods

local OPTIONS = { limit = options.number(1, true), timeout = options.timeout, on_error = options.word('cancel', 'collect') }

-- How a child has ended, for its future and for the results.
local function settle(opened, task, value, problem, failed)
  local state, index = opened.state, task.child
  if problem == nil then
    state.results[index] = value
  elseif failed then
    state.errors[index] = problem
  end
  local its = state.futures[index]
  state.futures[index] = nil
  future.settle(its, value, problem, problem ~= nil and not failed)
end

local function make(read)
  local opened = nursery.open(read.on_error == 'collect', read.limit, read.timeout)
  local state = { nursery = opened, results = {}, errors = {}, futures = {}, count = 0, over = false }
  opened.settle, opened.state = settle, state
  return class.new(state), state
end

local function open(given, name)
  local read, wrong = options.read(given == nil and {} or given, OPTIONS, 'options')
  if not read then error(name .. ': ' .. wrong, 3) end
  if not dispatcher.current() then error(dispatcher.OUTSIDE, 3) end
  return make(read)
end

--- Opens a group of the running coroutine. `limit` is how many of its children run at once, `timeout` how long all may take ("10s", or
--- seconds), and `on_error` what the failure of one does: "cancel" the others (the default), or "collect", which lets them go on.
---@param given table?
function M.new(given)
  local group = open(given, 'group.new')
  return group
end

local function checked(group, name)
  local state = class.state(group)
  if not state then error('group:' .. name .. ' is called on ' .. object.described(group) .. ', write g:' .. name .. '(...)', 3) end
  return state
end

--- Starts `f(...)` in the group and returns its Future; where `limit` children run it waits until one has ended. Once the group was
--- canceled, or a child has failed, it starts nothing and returns nil and that error.
function methods.spawn(group, f, ...)
  local state = checked(group, 'spawn')
  if type(f) ~= 'function' then error('group:spawn: expected a function, got ' .. got(f), 2) end
  local many = arguments.too_many(select('#', ...))
  if many then error('group:spawn: ' .. many, 2) end
  if state.over then error('group:spawn: the group has ended, make another', 2) end
  local task, problem = nursery.spawn(state.nursery, f, ...)
  if not task then return nil, problem end
  local index = state.count + 1
  local its = future.of(task)
  state.count, state.futures[index], task.child = index, its, index
  return its
end

--- Waits until all children have ended, and returns a list of what they have returned, in the order that they were started in. When one
--- has failed (it has raised, or returned nil and an error) it returns nil and the error; one for all, if several have. A group that
--- collects returns the results of the others, the error, and all errors by the numbers of the children. The children end with the
--- caller, if that is canceled.
function methods.wait(group)
  local state = checked(group, 'wait')
  nursery.wait(state.nursery)
  state.over = true
  return mapping.outcome(state)
end

--- Ends the children: where they wait an error of kind Canceled is raised. Returns false when that was done before.
function methods.cancel(group)
  local opened = checked(group, 'cancel').nursery
  if opened.canceled then return false end
  nursery.cancel(opened, errors.make { message = 'the group was canceled', kind = KINDS.CANCELED })
  return true
end

-- The body has ended with these; what it was canceled with for a child's failure is not its own problem.
local function closed(state, task, refusals, ok, ...)
  local opened = state.nursery
  opened.body = false
  local why = opened.canceled
  if why ~= nil then tasks.pardon(task, why, refusals) end
  local outer = false
  if not ok then
    local problem = (...)
    trying.check(problem)
    local ours = why ~= nil and (problem == why or errors.is_error(problem) and problem:kind() == KINDS.CANCELED)
    outer = tasks.is_cancellation(task, problem)
    if not ours and not outer then nursery.fail(opened, errors.from(problem)) end
    nursery.cancel(opened, errors.from(problem))
  end
  nursery.wait(opened)
  state.over = true
  -- It was canceled from outside, and there was nobody left to wait for.
  if outer then error(nursery.together(opened) or (...), 0) end
  local failure = nursery.together(opened) or opened.canceled
  if failure ~= nil then return nil, failure end
  return ...
end

local function run(f, group, state)
  local task = dispatcher.current()
  ---@cast task Task
  state.nursery.body = true
  return closed(state, task, task.refusals, trying.call(f, group))
end

--- Calls `f(g)` with a new group, and waits for all that it has started there: what it returns comes when everything has ended. The
--- failure of a child ends `f` too where it waits, and the other way round; then it returns nil and the error, one for all.
---@param f function
---@param given table?
function M.run(f, given)
  if type(f) ~= 'function' then error('group.run: expected a function, got ' .. got(f), 2) end
  return run(f, open(given, 'group.run'))
end

local RETRY = { when = options.of 'function' }
for name, reader in pairs(retries.OPTIONS) do
  RETRY[name] = reader
end
RETRY.timeout = options.timeout

--- Calls `f(attempt)` until it neither raises nor returns nil and an error, at most `max_attempts` (3) times, after pauses of
--- `initial_delay` ("100ms"), that grow by `backoff_factor` (2) up to `max_delay` ("30s"), and by chance by `jitter` (0), a share of them.
--- Returns its value, or nil and the last error. Errors that are not retryable by what they say, or by their kind, are not tried again;
--- `when(err)` decides in their place.
---@param f function
---@param given table?
function M.retry(f, given)
  if type(f) ~= 'function' then error('group.retry: expected a function, got ' .. got(f), 2) end
  local read, wrong = options.read(given == nil and {} or given, RETRY, 'options')
  if not read then error('group.retry: ' .. wrong, 2) end
  local attempt = 0
  local function try()
    attempt = attempt + 1
    return trying.value(f, attempt)
  end
  local function all() return retries.run(read, read.when or trying.worth_it, try) end
  if not read.timeout then return all() end
  if not dispatcher.current() then error(dispatcher.OUTSIDE, 2) end
  return run(all, make { timeout = read.timeout })
end

--- Calls `f(item, i)` for each element of a list, or for what comes from a channel until that is closed, concurrently: `limit` at a time (a
--- list: all; a channel: 16). Returns what `wait` of a group does, for the items as its children. Options besides:
--- `on_error` and `timeout` as of groups; `retry`, as of `group.retry`; `progress`: true, a title, or a bar of the module `progress`.
---@param items any
---@param f function
---@param given table?
function M.map(items, f, given)
  if type(f) ~= 'function' then error('group.map: expected a function, got ' .. got(f), 2) end
  local read, wrong = options.read(given == nil and {} or given, mapping.options(OPTIONS, RETRY), 'options')
  if not read then error('group.map: ' .. wrong, 2) end
  local source, unfit = mapping.source(items)
  if not source then error('group.map: ' .. unfit, 2) end
  if not dispatcher.current() then error(dispatcher.OUTSIDE, 2) end
  return mapping.run(source, f, read)
end

local RACE = { timeout = options.timeout }

--- Calls the functions of a list concurrently, and returns what the first returns that does not fail; the others are canceled, and have
--- ended by then. When all fail it returns nil and an error for all. `timeout` is how long it may take.
---@param list function[]
---@param given table?
function M.race(list, given)
  if type(list) ~= 'table' then error('group.race: expected a list of functions, got ' .. got(list), 2) end
  for i = 1, #list do
    if type(list[i]) ~= 'function' then error('group.race: expected a function as number ' .. i .. ', got ' .. got(list[i]), 2) end
  end
  local read, wrong = options.read(given == nil and {} or given, RACE, 'options')
  if not read then error('group.race: ' .. wrong, 2) end
  if #list == 0 then error('group.race: expected at least one function', 2) end
  if not dispatcher.current() then error(dispatcher.OUTSIDE, 2) end
  local opened = nursery.open(true, nil, read.timeout)
  local winner
  function opened.settle(_, _, value, problem)
    if problem ~= nil or winner then return end
    winner = { value }
    nursery.cancel(opened, errors.make { message = 'canceled: another has won the race', kind = KINDS.CANCELED, lua_stack = {} })
  end
  for i = 1, #list do
    nursery.spawn(opened, list[i])
  end
  nursery.wait(opened)
  if winner then return unpack(winner, 1, 1) end
  return nil, nursery.together(opened) or opened.canceled
end

return M
