-- Functions that are called on a cluster: the entry's pool names it, and Python knows its workers (host/cluster/client.py).
--
-- Calls that are made shortly after each other cross to Python as one text of frames, and answers come back so: number (4 bytes), size (4),
-- and so many bytes. The first of an answer's bytes says whether a value or an error follows. The same frames reach a lane of a worker,
-- which answers a batch at once: `serve`.

local buffer = require 'string.buffer'
local away = require 'lua.dispatcher.away'
local callbacks = require 'lua.lane.ask'
local clock = require 'lua.dispatcher.clock'
local deadline = require 'lua.pools.deadline'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local ffi = require 'ffi'
local finish = require 'lua.abi.finish'
local marked = require 'lua.abi.marked'
local context = require 'lua.calls.context'
local intermediate = require 'lua.values.intermediate'
local pools = require 'lua.pools.pools'
local serving = require 'lua.calls.serving'
local signatures = require 'lua.abi.signatures'

local unpack, concat, pairs, next = unpack, table.concat, pairs, next

local M = {}

-- How many bytes of calls, and how many of them, wait to be passed on at most, and for how many nanoseconds while other tasks of the lane
-- run. When none can, they go at once. A script that calls in a loop gives way after each call: passed on one by one, they would cost as
-- much again.
local FULL, MANY, SOON = 4 * 2 ^ 20, 1000, 1e6

local words = ffi.typeof 'uint32_t[2]'
local pointer = ffi.typeof 'const uint32_t *'
local VALUE, FAILURE = '\0', '\1'

--- Writes a frame.
local function frame(number, text) return ffi.string(words(number, #text), 8) .. text end

-- Calls f(number, text) for each frame.
local function each(frames, f)
  local at, size = 0, #frames
  while at < size do
    local head = ffi.cast(pointer, ffi.cast('const char *', frames) + at)
    local number, length = head[0], head[1]
    f(tonumber(number), frames:sub(at + 9, at + 8 + length))
    at = at + 8 + length
  end
end

-- The caller's side ------------------------------------------------------------------------------------------------------

--- The calls of a function that wait to be passed on.
---@class Outgoing
---@field id string
---@field cluster string
---@field frames string[]
---@field count integer
---@field bytes integer

local outgoing = {} ---@type table<string, Outgoing> by id
local stays = {} ---@type table<integer, Stay> by the numbers of calls
local listening = false
local since = 0 -- when the first of the calls that wait came

local function pass_on(out)
  local frames = concat(out.frames, '', 1, out.count)
  out.frames, out.count, out.bytes = {}, 0, 0
  callbacks.ask('to_cluster', out.cluster, out.id, frames)
end

-- Passes on what has been called since it was called last.
local function flush()
  local id, out = next(outgoing)
  while id do
    outgoing[id] = nil
    pass_on(out)
    id, out = next(outgoing)
  end
end

local function listen()
  if listening then return end
  listening = true
  dispatcher.on_turn(function()
    if next(outgoing) and clock.monotonic() - since >= SOON then flush() end
  end)
  dispatcher.on_idle(function()
    if next(outgoing) then flush() end
  end)
end

local function send(out, number, text)
  if not next(outgoing) then since = clock.monotonic() end
  outgoing[out.id] = out
  out.count = out.count + 1
  out.frames[out.count] = frame(number, text)
  out.bytes = out.bytes + #text
  if out.bytes > FULL or out.count >= MANY then
    outgoing[out.id] = nil
    pass_on(out)
  end
end

local function answered(number, text)
  local stay = stays[number]
  if not stay then return end
  stays[number] = nil
  pools.leave(stay)
  local value = intermediate.decode(text:sub(2))
  if text:sub(1, 1) == VALUE then return away.answered(number, value) end
  away.answered(number, nil, value)
end

--- Takes the answers to calls.
---@param frames string
function M.answered(frames) each(frames, answered) end

--- Makes the function that calls an entry on its cluster.
---@param entry border.ClusterEntry
---@return function
function M.bind(entry)
  listen()
  local id, pool = entry.id, pools.of(entry.id, entry.pool.bound, entry.pool.room)
  local sig = entry.signature and signatures.link(entry.signature)
  local result, encode = sig and sig.result, marked.encoder(sig)
  if result and result.kind == 'result' and entry.results ~= 'table' then result = result.ok end
  ---@type Outgoing
  local out = { id = entry.called, cluster = entry.cluster, frames = {}, count = 0, bytes = 0 }
  local function cancel(number)
    if stays[number] then pools.depart(stays[number]) end
    callbacks.ask('leave_cluster', entry.cluster, number)
  end
  return function(...)
    local args, why = encode(...)
    if not args then return nil, errors.make { message = ('%s: %s'):format(id, why), kind = errors.kinds.INVALID, entry = id } end
    if not away.possible() then
      return nil, errors.make { message = id .. ': a function on a cluster is called by a task of a lane', kind = errors.kinds.UNAVAILABLE }
    end
    local limit = deadline.of(id, entry.limit_ms)
    local stay, problem = pools.enter(pool, limit)
    if not stay then
      if problem == dispatcher.LATE then return nil, deadline.passed(entry) end
      error(problem, 0)
    end
    local function begin(number)
      stays[number] = stay
      send(out, number, buffer.encode { args, context.current() })
    end
    local in_time, value
    in_time, value, problem = away.call(begin, cancel, id, limit and (limit - clock.monotonic()) / 1e6)
    if not in_time then return nil, deadline.passed(entry) end
    if problem then return nil, problem end
    if result and value ~= nil then value = finish(result, value) end
    return value
  end
end

-- The worker's side ------------------------------------------------------------------------------------------------------

local batches = {} ---@type table<integer, table<integer, TaskGroup>> the calls of each batch, by their numbers

--- Makes the calls of a batch; done(frames) takes their answers when all have ended.
---@param number integer of the batch
---@param id string
---@param frames string
---@param call function calls by an id
---@param encode function as in lua/calls/workers.lua
---@param done fun(frames: string)
function M.serve(number, id, frames, call, encode, done)
  local answers, count, left = {}, 0, 1
  local running = {}
  batches[number] = running
  local function one_less()
    left = left - 1
    if left > 0 then return end
    batches[number] = nil
    done(concat(answers))
  end
  each(frames, function(one, text)
    left = left + 1
    local args, along = unpack(buffer.decode(text), 1, 2)
    running[one] = serving.start(id, args, along, call, encode, function(value, problem)
      running[one] = nil
      count = count + 1
      answers[count] = frame(one, (value and VALUE or FAILURE) .. (value or problem))
      one_less()
    end)
  end)
  one_less()
end

--- Cancels calls of a batch: those whose numbers are in the list, or all.
---@param number integer
---@param ones integer[]?
function M.cancel(number, ones)
  local running = batches[number]
  if not running then return end
  local groups = {}
  if ones then
    for i = 1, #ones do
      groups[i] = running[ones[i]] or false
    end
  else
    for _, group in pairs(running) do
      groups[#groups + 1] = group
    end
  end
  for i = 1, #groups do
    if groups[i] then serving.cancel(groups[i]) end
  end
end

return M
