-- What `group.map` does: workers, each of which takes the next item when it is done with one. Another worker begins only when those that
-- are there all wait, so that items whose function does not wait cost no coroutine of their own.
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local nursery = require 'stdlib.groups.nursery'
local options = require 'stdlib.values.options'
local queue = require 'stdlib.channel.queue'
local retries = require 'stdlib.values.retries'
local tasks = require 'lua.dispatcher.tasks'
local trying = require 'stdlib.groups.trying'

local type, error, pairs, huge = type, error, pairs, math.huge
local monotonic, problem_of = clock.monotonic, nursery.problem_of

local M = {}

-- How many items of a channel are worked on at once, unless a limit is given.
local CHANNEL_LIMIT = 16
-- How many items are worked on between two looks at the clock, and for how long before others run, in nanoseconds.
local STRIDE, TURN = 64, 2e6

local known

--- Returns the readers of the options: those of groups and of retries, and its own.
---@param of_groups table
---@param of_retries table
---@return table
function M.options(of_groups, of_retries)
  if known then return known end
  known = {
    retry = function(value)
      local read, wrong = options.read(value, of_retries, 'retry')
      return read, wrong
    end,
    progress = function(value)
      if type(value) == 'boolean' or type(value) == 'string' or type(value) == 'userdata' then return value end
      return nil, 'expected true, a title or a bar, got ' .. got(value)
    end,
  }
  for name, reader in pairs(of_groups) do
    known[name] = reader
  end
  return known
end

--- Returns what gives items: {count =, take = function that gives whether there is one, and the item}; or nil and what is wrong.
---@param items any
---@return table?
---@return string?
function M.source(items)
  local state = queue.state_of[items]
  if state then
    return {
      count = nil,
      take = function()
        local problem, value, ok = queue.receive(state)
        if problem then error(problem, 0) end
        return ok, value
      end,
    }
  end
  if type(items) ~= 'table' then return nil, 'expected a list or a channel, got ' .. got(items) end
  return { count = #items, list = items }
end

local function bar_of(wanted, total)
  if not wanted or type(wanted) == 'userdata' then return wanted or nil, false end
  local progress = require 'stdlib.console.progress'
  return progress.bar { total = total, title = type(wanted) == 'string' and wanted or nil }, true
end

-- Lets others run when items were worked on for long.
local function rest(state)
  local now = monotonic()
  if now - state.since < TURN then return end
  local problem = dispatcher.pause 'group.map'
  if problem then error(problem, 0) end
  state.since = monotonic()
end

-- Has another worker begin, once those that are there all wait.
local function hire(state)
  if state.live >= state.limit then return end
  local task = nursery.spawn(state.nursery, state.work, state)
  if not task then return end
  state.live = state.live + 1
  task.child = { at = 0 }
end

-- The loop of a worker, for a list; the first error ends it.
local function work_on_list(state)
  local task, list, f, results, count = dispatcher.current(), state.list, state.f, state.results, state.count
  local own = task.child
  local hired, bar = false, state.bar
  state.since = monotonic()
  while state.next <= count do
    local i = state.next
    state.next = i + 1
    own.at = i
    if not hired and i < count then
      hired = true
      hire(state)
    end
    local value, problem = f(list[i], i)
    if problem ~= nil then
      problem = problem_of(value, problem)
      if problem ~= nil then return nil, problem end
    end
    -- What an item has started ends with it.
    if task.owned then
      problem = tasks.finish_owned(task)
      if problem ~= nil then return nil, problem end
    end
    results[i] = value
    if bar then bar:add(1) end
    if i % STRIDE == 0 then rest(state) end
  end
end

-- The same for any source, with errors that end nothing, and with retries.
local function work_on_any(state)
  local task, take = dispatcher.current(), state.take
  local own = task.child
  local hired = false
  state.since = monotonic()
  while true do
    local more, item = take(state)
    if not more then return end
    local i = state.next
    state.next = i + 1
    own.at = i
    if not hired then
      hired = true
      hire(state)
    end
    local value, problem = state.attempt(item, i)
    if task.owned then
      local failure = tasks.finish_owned(task)
      if failure ~= nil then problem = errors.together { problem or failure, problem and failure } end
    end
    own.at = 0
    if problem == nil then
      state.results[i] = value
    else
      state.errors[i] = problem
      nursery.fail(state.nursery, problem)
      if not state.nursery.collects then return end
    end
    if state.bar then state.bar:add(1, problem ~= nil) end
    if i % STRIDE == 0 then rest(state) end
  end
end

local function take_of_list(state)
  local i = state.next
  return i <= state.count, state.list[i]
end

local function settle(opened, task, _, problem, failed)
  local state = opened.state
  state.live = state.live - 1
  if failed then state.errors[task.child.at] = problem end
end

local function attempt_of(f, retry)
  if not retry then
    return function(item, i) return trying.value(f, item, i) end
  end
  local worth = retry.when or trying.worth_it
  return function(item, i) return retries.run(retry, worth, trying.value, f, item, i) end
end

--- Returns what has come of a nursery whose children have ended: the results; or nil and the error; or, of one that collects, the results
--- that there are, the error, and all errors by number.
---@param state {nursery: Nursery, results: table, errors: table}
---@return table? results
---@return any err
---@return table? errors
function M.outcome(state)
  local opened = state.nursery
  local failure = nursery.together(opened) or opened.canceled
  if failure == nil then return state.results end
  if opened.collects then return state.results, failure, state.errors end
  return nil, failure
end

--- Works on all items; returns as `group.map` does.
---@param source table
---@param f function
---@param given table
---@return table? results
---@return any err
---@return table? errors
function M.run(source, f, given)
  local opened = nursery.open(given.on_error == 'collect', nil, given.timeout)
  local simple = source.list and not opened.collects and not given.retry
  local bar, own_bar = bar_of(given.progress, source.count)
  local state = {
    nursery = opened,
    list = source.list,
    count = source.count,
    take = source.take or take_of_list,
    f = f,
    attempt = not simple and attempt_of(f, given.retry) or nil,
    work = simple and work_on_list or work_on_any,
    limit = given.limit or (source.list and huge or CHANNEL_LIMIT),
    next = 1,
    live = 0,
    since = 0,
    results = {},
    errors = {},
    bar = bar,
  }
  opened.state, opened.settle = state, settle
  if source.count ~= 0 then hire(state) end
  local ok, raised = trying.call(nursery.wait, opened)
  if own_bar and bar then bar:finish() end
  if not ok then error(raised, 0) end
  return M.outcome(state)
end

return M
