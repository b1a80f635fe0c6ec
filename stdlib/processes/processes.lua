-- Processes: calls of entries, each a group of tasks of its own (lua/dispatcher/tasks.lua), which share their lane. Who spawns, and is
-- not a process itself, is known by a process too: a script, or a call from Python. What it has spawned, and what those have, ends with it.
local calls = require 'lua.calls.calls'
local context = require 'lua.calls.context'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local exits = require 'lua.values.exits'
local gate = require 'lua.dispatcher.gate'
local mail = require 'stdlib.processes.mail'
local tasks = require 'lua.dispatcher.tasks'

local pairs, error = pairs, error
local current = dispatcher.current
local KINDS = errors.kinds

local M = {}

--- How many processes a lane may have at once.
M.MOST = 50000

--- What `process.event` has.
M.event = { CANCEL = 'pid.cancel', EXIT = 'pid.exit', LINK_DOWN = 'pid.link.down' }
local event = M.event

--- A process.
---@class Process
---@field pid string
---@field id string? of its entry; nil for what has none
---@field group TaskGroup? nil for a session, which has one for each input
---@field root Process that it ends with; itself where it is a script or a call from Python
---@field children table<Process, true>? of a root: all that end with it
---@field count integer of those
---@field quiet Gate? of a root that waits for those to end
---@field mailbox Mailbox
---@field monitors table<Process, true> those who have an event when it ends
---@field watched table<Process, true> whose ends are events of its own
---@field links table<Process, true>
---@field trap_links boolean
---@field names table<string, true>
---@field waiter {task: Task, generation: integer}? who has called it by `exec`
---@field value any of its end
---@field problem any

local known = {} ---@type table<string, Process> by pid
local names = {} ---@type table<string, Process>
local last, count = 0, 0
M.names = names

---@param id string?
---@param host string?
---@param root Process?
---@return Process
local function make(id, host, root)
  last = last + 1
  ---@type Process
  local made = {
    pid = ('{%s|%s|%d}'):format(host or 'lane', id or 'script', last),
    id = id,
    group = nil,
    root = nil,
    children = nil,
    count = 0,
    quiet = nil,
    mailbox = mail.new(),
    monitors = {},
    watched = {},
    links = {},
    trap_links = false,
    names = {},
    waiter = nil,
    value = nil,
    problem = nil,
  }
  made.root = root or made
  if not root then made.children = {} end
  known[made.pid] = made
  return made
end

-- A script's values are its own: each process that learns of a value gets a copy.
local function tell(process, kind, from, value, problem)
  mail.event(process.mailbox, { kind = kind, from = from, result = { value = mail.copy(value), error = problem } })
end

local function forget(process)
  known[process.pid] = nil
  for name in pairs(process.names) do
    names[name] = nil
  end
end

local function broken(process)
  return errors.make {
    message = ('the linked process %s has failed: %s'):format(process.pid, process.problem:message()),
    kind = KINDS.INTERNAL,
    cause = process.problem,
    lua_stack = {},
  }
end

local function end_links(process)
  for peer in pairs(process.links) do
    peer.links[process] = nil
    if process.problem ~= nil then
      if peer.trap_links or not peer.group then
        tell(peer, event.LINK_DOWN, process.pid, process.value, process.problem)
      else
        tasks.close(peer.group, broken(process))
      end
    end
  end
end

-- All of a process has ended: those are told who asked for it.
local function ended(process)
  forget(process)
  for other in pairs(process.monitors) do
    other.watched[process] = nil
    tell(other, event.EXIT, process.pid, process.value, process.problem)
  end
  -- One that lives on must not keep all who have ever watched it.
  for other in pairs(process.watched) do
    other.monitors[process] = nil
  end
  end_links(process)
  mail.close(process.mailbox)
  local waiter = process.waiter
  if waiter then dispatcher.wake(waiter.task, waiter.generation) end
  local root = process.root
  if root == process then return end
  count = count - 1
  root.children[process], root.count = nil, root.count - 1
  if root.quiet and root.count == 0 then gate.admit_all(root.quiet) end
end

-- Roots ------------------------------------------------------------------------------------------------------------------

local ENDED = errors.make { message = 'canceled: what had started the process has ended', kind = KINDS.CANCELED, lua_stack = {} }

local function close_children(root)
  for child in pairs(root.children) do
    tasks.close(child.group, ENDED)
  end
end

-- Makes the process of a script that runs. It belongs to the script's main task as a group does that nobody waits for.
local function root_of(group)
  local session = group.session
  if session then
    session.process = session.process or make()
    return session.process
  end
  local root = make()
  root.group = group
  local scope = { next_owned = group.main.owned }
  function scope.finish()
    close_children(root)
    root.quiet = gate.new()
    -- Where the script was canceled the wait ends at once, and its processes were canceled as well.
    if root.count > 0 then gate.wait(root.quiet, nil, 'its processes') end
    ended(root)
  end
  function scope.abandoned()
    close_children(root)
    root.problem = group.problem
    ended(root)
  end
  group.main.owned = scope
  return root
end

--- Gives the process that runs, or raises for the caller of the module's function.
---@return Process
function M.current()
  local task = current()
  if not task then error(dispatcher.OUTSIDE, 3) end
  local group = task.group
  local process = group.process
  if not process then
    if group.closing then error(task.problem or group.problem or 'the script has ended', 3) end
    process = root_of(group)
    group.process = process
  end
  return process
end

--- Gives the process of a pid or a name; or nil and an error.
---@param destination string
---@return Process?
---@return any err
function M.find(destination)
  local found = known[destination] or names[destination]
  if found then return found end
  local message = ("process: no process has the pid or name '%s': it may have ended"):format(destination:sub(1, 100))
  return nil, errors.make { message = message, kind = KINDS.NOT_FOUND }
end

-- Relations --------------------------------------------------------------------------------------------------------------

--- Has the end of one process told to another, or no longer.
---@param own Process
---@param other Process
---@param is_on true?
function M.watch(own, other, is_on)
  other.monitors[own], own.watched[other] = is_on, is_on
end

--- Links two processes, or ends that.
---@param own Process
---@param other Process
---@param is_on true?
function M.link(own, other, is_on)
  own.links[other], other.links[own] = is_on, is_on
end

-- Spawning ---------------------------------------------------------------------------------------------------------------

local function refused(id)
  if count < M.MOST then return nil end
  return errors.make {
    message = ('%s: expected at most %d processes at once: wait until some have ended'):format(id, M.MOST),
    kind = KINDS.UNAVAILABLE,
    entry = id,
    retryable = true,
  }
end

-- Notes what a process has ended with.
local function conclude(process, group)
  local results, problem = group.results or {}, group.problem
  local status = exits.status(problem)
  if status then
    process.value = status
  elseif problem ~= nil then
    process.problem = problem
  else
    process.value, process.problem = results[1], results[2]
  end
  ended(process)
end

--- Starts a process of an entry for the one that runs. `relation` may have `monitored` and `linked`. Gives nil and an error where it can't.
---@param parent Process
---@param id string
---@param host string?
---@param relation {monitored: boolean?, linked: boolean?}
---@param given table the arguments, with their number in `n`
---@return Process?
---@return any err
function M.spawn(parent, id, host, relation, given)
  local about, problem = calls.find(id)
  if not about then return nil, problem end
  problem = refused(id)
  if problem then return nil, problem end
  local task = current()
  local root = parent.root
  if root.quiet or task.group.closing then return nil, ENDED end
  local arguments = { n = given.n + 1, id }
  for i = 1, given.n do
    local copied, why = mail.copy(given[i])
    if why then
      return nil,
        errors.make { message = ('%s: argument %d: %s'):format(id, i, (why:gsub('^value: ', ''))), kind = KINDS.INVALID, entry = id }
    end
    arguments[i + 1] = copied
  end
  local process = make(id, host, root)
  root.children[process], root.count, count = true, root.count + 1, count + 1
  if relation.monitored then M.watch(parent, process, true) end
  if relation.linked then M.link(parent, process, true) end
  local group = dispatcher.open_packed(function(group) conclude(process, group) end, calls.call, arguments)
  group.process, process.group = process, group
  group.main.context = context.current()
  -- What a function with a limit starts ends with that function.
  local limit = task.limit
  if limit then
    group.main.limit, limit.tasks[group.main] = limit, true
  end
  return process
end

--- Waits for a process to end, and gives its value, or nil and its error. It ends when its caller is canceled.
---@param process Process
---@return any value
---@return any err
function M.await(process)
  local task, generation = dispatcher.ticket()
  if not task then error(generation, 3) end
  process.waiter = { task = task, generation = generation }
  local problem = dispatcher.suspend 'process exec'
  process.waiter = nil
  if problem then
    tasks.close(process.group, ENDED)
    error(problem, 3)
  end
  return process.value, process.problem
end

--- Ends a process where it waits.
---@param process Process
---@return boolean? ok
---@return any err
function M.terminate(process)
  if not process.group then return nil, errors.make { message = "process.terminate: a session can't be ended", kind = KINDS.INVALID } end
  tasks.close(
    process.group,
    errors.make { message = ('the process %s was terminated'):format(process.pid), kind = KINDS.CANCELED, lua_stack = {} }
  )
  return true
end

--- Gives counts: how many processes there are, and the most that there may be.
---@return {live: integer, most: integer}
function M.statistics() return { live = count, most = M.MOST } end

return M
