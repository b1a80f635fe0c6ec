-- Calls that go on elsewhere: a suspended call of a guest that calls nothing of this Lua state may be continued by another thread, on the
-- same instance. There are at most as many such threads as cores, each a lane that this one has hired (lua/calls/hiring.lua); the calls of
-- one go on in turns. Letters (lua/lane/mailbox.lua) carry a call there and its end back.
--
-- From the letter that hands a call over to the one that gives it back the instance belongs to the other thread: `instance.away` is
-- there, and nobody here touches its store. An instance that ends meanwhile leaves its store with instance.away.give_up, to be freed when
-- it is back.

local ffi = require 'ffi'
local away = require 'lua.dispatcher.away'
local buffer = require 'string.buffer'
local dispatcher = require 'lua.dispatcher.dispatcher'
local entrances = require 'lua.wasmtime.entrances'
local epochs = require 'lua.wasmtime.epochs'
local errors = require 'lua.values.errors'
local hiring = require 'lua.calls.hiring'
local inbox = require 'lua.lane.inbox'
local instances = require 'lua.guest.instance'
local library = require 'lua.wasmtime.library'

local M = {}

-- What letters say.
M.RUN, M.STOP = 11, 12
local RUN, STOP, ENDED, STOPPED = M.RUN, M.STOP, 13, 14

--- A call that is elsewhere.
---@class AwayJob
---@field id string of the entry
---@field instance Instance
---@field hand Hand that makes it
---@field task Task that waits for it
---@field generation integer its ticket
---@field waited_for boolean
---@field ended boolean by itself
---@field problem any? why it never comes back
---@field store ffi.cdata*? what is freed when it is back, where its instance has ended
---@field future ffi.cdata*?
---@field bindings table? that must stay until then
---@field give_up fun(store: ffi.cdata*, future: ffi.cdata*?, bindings: table)? takes these three, and has the call stopped

local jobs = {} ---@type table<integer, AwayJob> by number
local last = 0 -- the last number
local helpers, host ---@type Staff, table

--- Sets the Python functions of the lane.
---@param given table<string, function>
function M.setup(given) host = given end

--- Tells whether there is an elsewhere.
function M.possible() return away.possible() and host.workers ~= nil end

--- Tells whether calls are elsewhere.
function M.busy() return next(jobs) ~= nil end

-- Says that nobody waits for a call any more.
---@param job AwayJob
local function settle(job)
  if job.waited_for then
    job.waited_for = false
    dispatcher.expect(-1)
  end
end

local function back(number, ended)
  local job = jobs[number]
  jobs[number] = nil
  local instance = job.instance
  job.hand.load = job.hand.load - 1
  instance.away = nil
  job.ended = ended
  if job.store then
    instances.free(job.store, job.future)
  else
    epochs.watch(instance)
  end
  if job.waited_for then dispatcher.wake(job.task, job.generation) end
  settle(job)
end

local function answered(kind, number) back(number, kind == ENDED) end

helpers = hiring.new(answered, function() return host.hire(true) end)

--- Has a suspended call go on elsewhere until it has ended, or `limit` is there, or its task is canceled.
---@param instance Instance
---@param future ffi.cdata* wasmtime_call_future_t*
---@param limit number? monotonic nanoseconds
---@param id string of the entry
---@return any problem why it was stopped
function M.finish(instance, future, limit, id)
  local task, generation = dispatcher.ticket()
  if not task then return generation end
  local chosen, none = hiring.choose(helpers, id)
  if not chosen then return none end
  last = last + 1
  local number = last
  ---@type AwayJob
  local job = { instance = instance, hand = chosen, task = task, generation = generation, ended = false, waited_for = true, id = id }
  function job.give_up(store, given, bindings)
    job.store, job.future, job.bindings = store, given, bindings
    chosen.send(STOP, number, '')
  end
  jobs[number], instance.away = job, job
  dispatcher.expect(1)
  chosen.load = chosen.load + 1
  epochs.hand_over(instance, chosen.epochs)
  chosen.send(RUN, number, buffer.encode(tonumber(ffi.cast('uintptr_t', future))))
  inbox.expect()
  local problem = dispatcher.wait_until(limit, 'funcs.call', id)
  settle(job)
  if problem then return problem end
  if job.ended then return nil end
  return job.problem or errors.make { message = 'canceled', kind = errors.kinds.CANCELED }
end

--- Fails the calls of a lane that has ended by a mistake in Moonwit; `answers` is the address of its mailbox. Nobody knows what it was
-- doing, so their instances are left as they are.
---@param answers integer
function M.gone(answers)
  hiring.dismiss(helpers, answers)
  for number, job in pairs(jobs) do
    if job.hand.answers == answers then
      jobs[number] = nil
      job.problem = hiring.lost(job.id)
      job.give_up = function() end
      if job.waited_for then dispatcher.wake(job.task, job.generation) end
      settle(job)
    end
  end
end

-- In the other lane -----------------------------------------------------------------------------------------------

local poll = entrances.poll

-- Goes on with a call until it has ended; raises when it is to stop.
local function drive(address)
  local future = ffi.cast('void *', address)
  while not poll(future) do
    local problem = dispatcher.give_way 'funcs.call'
    if problem then error(problem, 0) end
  end
end

--- Gives what takes the letters RUN and STOP of another lane, and answers by send(kind, number, text).
---@param send function
---@return function
function M.server(send)
  local running = {}
  return function(kind, number, text)
    if kind == STOP then
      if running[number] then dispatcher.cancel_group(running[number]) end
      return
    end
    library.open(host)
    running[number] = dispatcher.open(function(group)
      running[number] = nil
      send(group.problem and STOPPED or ENDED, number, '')
      inbox.expect()
    end, drive, buffer.decode(text))
  end
end

return M
