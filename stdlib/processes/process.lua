-- The module `process`: processes that share nothing and send each other messages. What they are is in stdlib/processes/processes.lua.
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local mail = require 'stdlib.processes.mail'
local options = require 'stdlib.values.options'
local processes = require 'stdlib.processes.processes'

-- Inboxes are channels, whose methods are the module's.
require 'stdlib.channel'

local type, error, select, pairs = type, error, select, pairs
local KINDS = errors.kinds
local find, current = processes.find, processes.current

-- How long names and topics may be, in bytes.
local MOST_NAME, MOST_NAMES = 255, 1000

local M = { event = processes.event, registry = { LOCAL = 1, EVENTUAL = 2, CONSISTENT = 3, STRONG = 4 } }

local function invalid(message) return nil, errors.make { message = message, kind = KINDS.INVALID } end

local function text(value, name, what)
  if type(value) ~= 'string' then error(('%s: expected %s, got %s'):format(name, what, got(value)), 3) end
end

local function destination_of(value, name)
  if type(value) ~= 'string' then error(('%s: expected a pid or a name, got %s'):format(name, got(value)), 3) end
end

-- Starting ---------------------------------------------------------------------------------------------------------------

local function start(name, relation)
  return function(id, host, ...)
    text(id, name, 'the id of an entry')
    if host ~= nil then text(host, name, 'the id of a process host, or nil, before the arguments') end
    local made, problem = processes.spawn(current(), id, host, relation, { n = select('#', ...), ... })
    if not made then return nil, problem end
    return made.pid
  end
end

--- Starts a process of the entry `id` and returns its pid; or nil and an error. The arguments come after the host, which may be nil.
M.spawn = start('process.spawn', {})
--- Starts a process as `spawn` does, whose end comes as an EXIT event.
M.spawn_monitored = start('process.spawn_monitored', { monitored = true })
--- Starts a process as `spawn` does, that is linked with the caller.
M.spawn_linked = start('process.spawn_linked', { linked = true })
--- Starts a process as `spawn` does, linked and monitored.
M.spawn_linked_monitored = start('process.spawn_linked_monitored', { monitored = true, linked = true })

--- Starts a process, waits for its end, and returns its value, or nil and its error.
---@param id string
---@param host string?
---@param ... any
---@return any value
---@return any err
function M.exec(id, host, ...)
  text(id, 'process.exec', 'the id of an entry')
  if host ~= nil then text(host, 'process.exec', 'the id of a process host, or nil, before the arguments') end
  local made, problem = processes.spawn(current(), id, host, {}, { n = select('#', ...), ... })
  if not made then return nil, problem end
  local value, failure = processes.await(made)
  if failure ~= nil then return nil, failure end
  return value
end

-- Who one is -------------------------------------------------------------------------------------------------------------

--- Returns the pid of the process that runs.
function M.pid() return current().pid end

--- Returns what names the coroutine that runs: the pid and its number.
function M.id() return current().pid .. '#' .. dispatcher.current().id end

-- Messages ---------------------------------------------------------------------------------------------------------------

local function topic_of(topic, name)
  if type(topic) ~= 'string' then error(('%s: expected a topic, got %s'):format(name, got(topic)), 3) end
  if topic:sub(1, 1) == '@' then return invalid(("%s: topics that begin with '@' are the host's"):format(name)) end
  if topic == '' or #topic > MOST_NAME then return invalid(('%s: expected a topic of 1 to %d bytes'):format(name, MOST_NAME)) end
  return topic
end

local function send_more(process, from, topic, ...)
  for i = 2, select('#', ...) do
    local value, why = mail.copy((select(i, ...)))
    if why then return invalid(('process.send: value %d: %s'):format(i, (why:gsub('^value: ', '')))) end
    local ok, problem = mail.deliver(process.mailbox, process.pid, from, topic, value)
    if not ok then return nil, problem end
  end
  return true
end

--- Sends values to a process, each as a message of its own, and returns true; or nil and an error, where there is no such process, its
--- inbox is full, or a value can't be passed on. It never waits.
---@param destination string
---@param topic string
---@param ... any
---@return boolean? ok
---@return any err
function M.send(destination, topic, ...)
  destination_of(destination, 'process.send')
  local found, problem = topic_of(topic, 'process.send')
  if not found then return nil, problem end
  local from = current().pid
  local process
  process, problem = find(destination)
  if not process then return nil, problem end
  local value, why = mail.copy((...))
  if why then return invalid('process.send: ' .. why:gsub('^value: ', '')) end
  local ok
  ok, problem = mail.deliver(process.mailbox, process.pid, from, topic, value)
  if not ok then return nil, problem end
  if select('#', ...) > 1 then return send_more(process, from, topic, ...) end
  return true
end

--- Returns the channel of the messages for which there is no `listen`.
function M.inbox() return mail.inbox(current().mailbox) end

--- Returns the channel of events.
function M.events() return mail.events(current().mailbox) end

local LISTENING = { message = options.of 'boolean' }

--- Returns a channel of what is sent with a topic: the values, or with `{message = true}` the messages; or nil and an error.
---@param topic string
---@param given table?
---@return userdata?
---@return any err
function M.listen(topic, given)
  local found, problem = topic_of(topic, 'process.listen')
  if not found then return nil, problem end
  local read, wrong = options.read(given == nil and {} or given, LISTENING, 'options')
  if not read then return invalid('process.listen: ' .. wrong) end
  return mail.listen(current().mailbox, topic, read.message or false)
end

--- Ends what `listen` began: its channel is closed, and its topic goes to the inbox. Returns whether the channel was one.
---@param channel any
---@return boolean
function M.unlisten(channel) return mail.unlisten(current().mailbox, channel) end

-- Ending -----------------------------------------------------------------------------------------------------------------

--- Ends a process where it waits, and returns true; or nil and an error.
---@param destination string
---@return boolean? ok
---@return any err
function M.terminate(destination)
  destination_of(destination, 'process.terminate')
  local process, problem = find(destination)
  if not process then return nil, problem end
  return processes.terminate(process)
end

local function expire(pid)
  local process = find(pid)
  if process then processes.terminate(process) end
end

--- Asks a process to end, by an event of kind CANCEL, and returns true; or nil and an error. Where it goes on after `deadline` (a duration,
--- if given) it is terminated.
---@param destination string
---@param reason string?
---@param deadline any
---@return boolean? ok
---@return any err
function M.cancel(destination, reason, deadline)
  destination_of(destination, 'process.cancel')
  if reason ~= nil then text(reason, 'process.cancel', 'a text as the reason') end
  local ns, wrong
  if deadline ~= nil then
    ns, wrong = options.duration(deadline)
    if not ns then return invalid('process.cancel: the deadline: ' .. wrong) end
  end
  local from = current().pid
  local process, problem = find(destination)
  if not process then return nil, problem end
  if not mail.request(process.mailbox, { kind = M.event.CANCEL, from = from, reason = reason }) then
    return nil,
      errors.make { message = 'process.cancel: too many events wait for ' .. process.pid, kind = KINDS.UNAVAILABLE, retryable = true }
  end
  -- The timer is the process's own: it goes with it, and holds up nobody else.
  if ns and process.group then dispatcher.timer(clock.monotonic() + ns, expire, process.pid, nil, process.group) end
  return true
end

-- Relations --------------------------------------------------------------------------------------------------------------

local function relation(name, change)
  return function(destination)
    destination_of(destination, name)
    local own = current()
    local process, problem = find(destination)
    if not process then return nil, problem end
    if process == own then return invalid(name .. ': expected another process, got the one that calls') end
    change(own, process)
    return true
  end
end

--- Has the end of a process come as an EXIT event.
M.monitor = relation('process.monitor', function(own, other) processes.watch(own, other, true) end)
--- Ends what `monitor` began.
M.unmonitor = relation('process.unmonitor', processes.watch)
--- Has the failure of either process end the other.
M.link = relation('process.link', function(own, other) processes.link(own, other, true) end)
--- Ends what `link` began.
M.unlink = relation('process.unlink', processes.link)

local OPTIONS = { trap_links = options.of 'boolean' }

--- Returns the options of the process that runs.
function M.get_options() return { trap_links = current().trap_links } end

--- Sets options of the process that runs: `trap_links`. Returns true, or nil and an error.
---@param given table
---@return boolean? ok
---@return any err
function M.set_options(given)
  local read, wrong = options.read(given, OPTIONS, 'options')
  if not read then return invalid('process.set_options: ' .. wrong) end
  local own = current()
  if read.trap_links ~= nil then own.trap_links = read.trap_links end
  return true
end

-- Names ------------------------------------------------------------------------------------------------------------------

local function scope_of(scope, name)
  if scope == nil or scope == M.registry.LOCAL then return true end
  return invalid(name .. ': expected process.registry.LOCAL as the scope: names of clusters are not there')
end

--- Gives a process a name, the one that runs unless a pid is given, and returns true; or nil and an error.
---@param name string
---@param pid string?
---@param scope integer?
---@return boolean? ok
---@return any err
function M.registry.register(name, pid, scope)
  text(name, 'process.registry.register', 'a name')
  if pid ~= nil then text(pid, 'process.registry.register', 'a pid') end
  local fits, problem = scope_of(scope, 'process.registry.register')
  if not fits then return nil, problem end
  if name == '' or #name > MOST_NAME or name:sub(1, 1) == '{' then
    return invalid(("process.registry.register: expected a name of 1 to %d bytes that does not begin with '{'"):format(MOST_NAME))
  end
  local process = current()
  if pid then
    process, problem = find(pid)
    if not process then return nil, problem end
  end
  local holder = processes.names[name]
  if holder == process then return true end
  if holder then
    local message = ("process.registry.register: the name '%s' is that of %s"):format(name, holder.pid)
    return nil, errors.make { message = message, kind = KINDS.ALREADY_EXISTS }
  end
  local count = 0
  for _ in pairs(process.names) do
    count = count + 1
  end
  if count >= MOST_NAMES then return invalid(('process.registry.register: expected at most %d names of a process'):format(MOST_NAMES)) end
  processes.names[name], process.names[name] = process, true
  return true
end

--- Returns the pid of the process that has a name; or nil and an error of kind NotFound.
---@param name string
---@return string? pid
---@return any err
function M.registry.lookup(name)
  text(name, 'process.registry.lookup', 'a name')
  local process = processes.names[name]
  if process then return process.pid end
  local message = ("process.registry.lookup: no process has the name '%s'"):format(name:sub(1, 100))
  return nil, errors.make { message = message, kind = KINDS.NOT_FOUND }
end

--- Takes a name from its process, and returns whether it was one; or nil and an error.
---@param name string
---@param scope integer?
---@return boolean? ok
---@return any err
function M.registry.unregister(name, scope)
  text(name, 'process.registry.unregister', 'a name')
  local fits, problem = scope_of(scope, 'process.registry.unregister')
  if not fits then return nil, problem end
  local process = processes.names[name]
  if not process then return false end
  processes.names[name], process.names[name] = nil, nil
  return true
end

return M
