-- Descriptors that tasks of the lane wait for: one epoll set, which a lane with nothing to do waits for beside its inbox.
--
-- A descriptor is in the set from its first wait until it is closed, and the set tells of it once for each change (edge-triggered), so a
-- wait costs no call of the system. An edge that nobody watches is forgotten; that is right, because whoever begins to watch looks
-- first whether there is something to wait for.

local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock' -- declares ppoll, too
local dispatcher = require 'lua.dispatcher.dispatcher'

-- The kernel's struct is packed on this one machine.
ffi.cdef(([[
typedef struct { uint32_t events; uint64_t number; } %s mw_epoll_event;
typedef struct { int fd; short events; short revents; } mw_pollfd;
int epoll_create1(int flags);
int epoll_ctl(int set, int operation, int descriptor, mw_epoll_event *event);
int epoll_wait(int set, mw_epoll_event *events, int most, int milliseconds);
int poll(mw_pollfd *descriptors, unsigned long count, int milliseconds);
]]):format(ffi.arch == 'x64' and '__attribute__((packed))' or ''))

local C, next, pairs, tonumber = ffi.C, next, pairs, tonumber

local CLOSE_ON_EXEC = 0x80000
local ADD, DELETE = 1, 2
local READABLE, WRITABLE, HALF_CLOSED, EDGES = 0x1, 0x4, 0x2000, 0x80000000
-- How many changes are brought at once.
local MOST = 256

local M = { READABLE = READABLE, WRITABLE = WRITABLE }

local set -- the descriptor of the epoll set, made with the first wait
local by_number, last = {}, 0
-- How many watch, and how many descriptors are pushed on in the background.
local watching, followed = 0, 0

local one, event, events = ffi.new 'mw_pollfd[1]', ffi.new 'mw_epoll_event', ffi.new('mw_epoll_event[?]', MOST)

--- Tells what of `wanted` (READABLE, WRITABLE) a descriptor can do without waiting; an error or a hang-up counts, 0 is nothing.
---@param descriptor integer
---@param wanted integer
---@return integer
function M.now(descriptor, wanted)
  one[0].fd, one[0].events, one[0].revents = descriptor, wanted, 0
  return C.poll(one, 1, 0) > 0 and one[0].revents or 0
end

--- An open descriptor as it is watched.
---@class Watched
---@field descriptor integer? nil once it is closed
---@field number integer by which the set tells of it
---@field watchers table<table, true> who waits
---@field entered boolean it is in the set
---@field push fun()? hears of each change
---@field owner string? whose socket it is (lua/wasi/sockets/system.lua)

--- Makes what an open descriptor is watched by. Before the descriptor is closed `forget` is to be called.
---@param descriptor integer
---@return Watched
function M.new(descriptor)
  last = last + 1
  return { descriptor = descriptor, number = last, watchers = {}, entered = false, push = nil }
end

-- Adds a descriptor to the set; tells whether it is in it, which it can't be where the process or the machine has no room for more.
local function enter(D)
  if D.entered then return true end
  if not set then
    local made = C.epoll_create1(CLOSE_ON_EXEC)
    if made < 0 then return false end
    set = made
  end
  event.events, event.number = READABLE + WRITABLE + HALF_CLOSED + EDGES, D.number
  if C.epoll_ctl(set, ADD, D.descriptor, event) ~= 0 then return false end
  D.entered = true
  by_number[D.number] = D
  return true
end

-- How often a descriptor is looked at that the set has no room for, in nanoseconds.
local LOOK = 10e6

--- Has wake(task, generation) called once ready() is true, for what the set does not take: it is looked at again and again.
---@param ready fun(): boolean
---@param task Task
---@param generation integer
---@param wake fun(task: Task, generation: integer)
---@return fun() stop
function M.look_again(ready, task, generation, wake)
  local timer
  local function look()
    if ready() then return wake(task, generation) end
    timer = dispatcher.timer(clock.monotonic() + LOOK, look, nil, nil, task.group)
  end
  look()
  return function()
    if timer then dispatcher.cancel_timer(timer) end
  end
end

local function nothing() end

--- Has wake(task, generation) called once ready() is true, which may be at once; gives a function that ends the watching.
---@param D Watched
---@param ready fun(): boolean
---@param task Task
---@param generation integer
---@param wake fun(task: Task, generation: integer)
---@return fun() stop
function M.watch(D, ready, task, generation, wake)
  if not D.descriptor then
    wake(task, generation)
    return nothing
  end
  if not enter(D) then return M.look_again(ready, task, generation, wake) end
  local watcher = { ready = ready, task = task, generation = generation, wake = wake }
  D.watchers[watcher] = true
  watching = watching + 1
  dispatcher.expect(1)
  if ready() then wake(task, generation) end
  return function()
    if not D.watchers[watcher] then return end
    D.watchers[watcher] = nil
    watching = watching - 1
    dispatcher.expect(-1)
  end
end

--- Has push() called at each change of a descriptor, whether somebody waits or not, where there is room for that; nil ends it.
---@param D Watched
---@param push fun()?
function M.follow(D, push)
  if (D.push ~= nil) == (push ~= nil) then
    D.push = push
    return
  end
  if push and not enter(D) then return end
  D.push = push
  followed = followed + (push and 1 or -1)
end

local function wake_all(D, always)
  for watcher in pairs(D.watchers) do
    if always or watcher.ready() then watcher.wake(watcher.task, watcher.generation) end
  end
end

--- Takes a descriptor out that is about to be closed. Tasks that wait for it go on.
---@param D Watched
function M.forget(D)
  if not D.descriptor then return end
  M.follow(D, nil)
  if D.entered then
    C.epoll_ctl(set, DELETE, D.descriptor, event)
    by_number[D.number] = nil
  end
  D.descriptor = nil
  wake_all(D, true)
end

-- Once per turn: brings what has changed.
local function collect()
  if watching + followed == 0 then return end
  for i = 0, C.epoll_wait(set, events, MOST, 0) - 1 do
    -- A number, because the descriptor may be another one by now.
    local D = by_number[tonumber(events[i].number)]
    if D then
      if D.push then D.push() end
      if next(D.watchers) then wake_all(D) end
    end
  end
end
dispatcher.on_turn(collect)

local timeout, both = ffi.new 'mw_timespec', ffi.new 'mw_pollfd[2]'

--- Waits, at most `ns` nanoseconds or without end for nil, for what is watched and for `descriptor`, if one is given, to be readable;
--- tells whether that one is.
---@param ns number?
---@param descriptor integer?
---@return boolean
function M.pause(ns, descriptor)
  local count = 0
  if descriptor then
    both[0].fd, both[0].events, both[0].revents = descriptor, READABLE, 0
    count = 1
  end
  if watching + followed > 0 then
    both[count].fd, both[count].events, both[count].revents = set, READABLE, 0
    count = count + 1
  end
  if ns then
    timeout.seconds, timeout.nanoseconds = math.floor(ns / 1e9), ns % 1e9
  end
  if C.ppoll(both, count, ns and timeout or nil, nil) <= 0 then return false end
  return descriptor ~= nil and both[0].revents ~= 0
end

-- A lane with an inbox waits for that too: lua/lane/inbox.lua.
dispatcher.idle_by(function(ns) M.pause(ns or 1e9) end)

--- How many tasks wait for descriptors, and how many descriptors are in the set; for tests.
---@return { watching: integer, entered: integer, followed: integer }
function M.statistics()
  local entered = 0
  for _ in pairs(by_number) do
    entered = entered + 1
  end
  return { watching = watching, entered = entered, followed = followed }
end

return M
