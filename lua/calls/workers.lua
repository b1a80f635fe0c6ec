-- Functions that are called in other lanes: those in Lua that have a pool of workers, and guests with such a pool that functions of the
-- host are granted, once they have been seen to compute for long. (Other guests need no lane for that: lua/calls/elsewhere.lua.)
--
-- Workers are lanes that the caller has hired (lua/calls/hiring.lua): only it sends them calls, and it knows how many each has.

local buffer = require 'string.buffer'
local away = require 'lua.dispatcher.away'
local clock = require 'lua.dispatcher.clock'
local context = require 'lua.calls.context'
local counted = require 'lua.pools.counted'
local deadline = require 'lua.pools.deadline'
local dispatcher = require 'lua.dispatcher.dispatcher'
local elsewhere = require 'lua.calls.elsewhere'
local errors = require 'lua.values.errors'
local finish = require 'lua.abi.finish'
local marked = require 'lua.abi.marked'
local hiring = require 'lua.calls.hiring'
local inbox = require 'lua.lane.inbox'
local intermediate = require 'lua.values.intermediate'
local mailbox = require 'lua.lane.mailbox'
local pools = require 'lua.pools.pools'
local serving = require 'lua.calls.serving'

local unpack = unpack

local M = {}

-- How many epochs a guest may compute in the caller's lane whose later calls can be made elsewhere.
local MOMENT = 2

-- What letters say.
local CALL, CANCEL, VALUE, FAILURE, FORGET, WARM = 1, 2, 3, 4, 5, 6

--- A call that a worker has.
---@class Sent
---@field worker Hand
---@field stay Stay its place in the pool
---@field late boolean nobody waits for its answer any more

---@type table<integer, Sent> by the numbers of calls
local sent = {}
local workers, host ---@type Staff, table

local function answered(kind, number, text)
  local call = sent[number]
  sent[number] = nil
  call.worker.load = call.worker.load - 1
  pools.leave(call.stay)
  local value = intermediate.decode(text)
  if call.late and kind == FAILURE then counted.told(call.stay.pool.id, value) end
  if kind == FAILURE then
    away.answered(number, nil, value)
  else
    away.answered(number, value)
  end
end

workers = hiring.new(answered, function() return host.hire() end)

--- Answers the calls of a worker that has ended by a mistake in Moonwit.
---@param answers integer the address of its mailbox
function M.gone(answers)
  hiring.dismiss(workers, answers)
  local lost = {}
  for number, call in pairs(sent) do
    if call.worker.answers == answers then lost[#lost + 1] = number end
  end
  for _, number in ipairs(lost) do
    local call = sent[number]
    sent[number] = nil
    pools.leave(call.stay)
    away.answered(number, nil, hiring.lost(call.stay.pool.id))
  end
end

--- Makes the function that makes calls in other lanes, where they are counted.
---@param entry border.GuestEntry|border.LuaEntry
---@param result table? the WIT type of its value
---@param sig table? its signature
---@return function
function M.far(entry, result, sig)
  local id, pool = entry.id, pools.of(entry.id, entry.workers, entry.pool.room)
  local called, encode = entry.called or id, marked.encoder(sig)
  return function(...)
    local args, why = encode(...)
    if not args then
      local err = errors.make { message = ('%s: %s'):format(id, why), kind = errors.kinds.INVALID, entry = id }
      counted.alone(id, err)
      return nil, err
    end
    local limit = deadline.of(id, entry.limit_ms)
    local stay, problem = pools.enter(pool, limit)
    if not stay then
      local err = problem == dispatcher.LATE and deadline.passed(entry) or nil
      counted.alone(id, err)
      if err then return nil, err end
      error(problem, 0)
    end
    local worker, none = hiring.choose(workers, id)
    if not worker then
      pools.leave(stay)
      counted.alone(id, none)
      return nil, none
    end
    ---@type Sent
    local call = { worker = worker, stay = stay, late = false }
    local function begin(number)
      sent[number] = call
      worker.load = worker.load + 1
      worker.send(CALL, number, buffer.encode { called, args, context.current() })
      inbox.expect()
    end
    local function cancel(number)
      pools.depart(stay)
      worker.send(CANCEL, number, '')
    end
    local in_time, value
    in_time, value, problem = away.call(begin, cancel, id, limit and (limit - clock.monotonic()) / 1e6)
    if not in_time then
      call.late = true
      counted.late(id)
      return nil, deadline.passed(entry)
    end
    if problem then return nil, problem end
    if result and value ~= nil then value = finish(result, value) end
    return value
  end
end

--- Makes the function of a guest that can wait: it gives control back at every epoch, and `target.computed` says how many of them a call
--- has seen. What it has done outside its memory can't be undone, so its call is not made again; later ones go to other lanes.
---@param target Target
---@param plain function calls here
---@param far function calls in other lanes
---@return function
function M.watched(target, plain, far)
  return function(...)
    if target.computed > MOMENT and away.possible() then return far(...) end
    return plain(...)
  end
end

--- Has a first worker make an instance of `id`. What is wrong is reported to the caller.
---@param id string
function M.warm(id)
  local worker = hiring.choose(workers, id)
  if worker then worker.send(WARM, 0, id) end
end

--- Has the lane's workers look up anew what ids stand for.
function M.forget()
  for _, worker in ipairs(workers.hands) do
    worker.send(FORGET, 0, '')
  end
end

--- Makes this lane a worker: `calls` (lua/calls/calls.lua) makes the calls that come in the mailbox at `orders`, `encode(id, value, err)`
--- gives an encoded value, or nil and an encoded error, to be sent to the one at `answers`.
---@param orders integer
---@param answers integer
---@param calls table
---@param encode function
function M.serve(orders, answers, calls, encode)
  local send, running = mailbox.sender(answers), {}
  local run = elsewhere.server(send)
  inbox.receive(orders, function(kind, number, text)
    if kind == elsewhere.RUN or kind == elsewhere.STOP then return run(kind, number, text) end
    if kind == FORGET then return calls.forget() end
    if kind == WARM then return calls.warm(text) end
    if kind ~= CALL then
      local group = running[number]
      if group then serving.cancel(group) end
      return
    end
    local id, args, along = unpack(buffer.decode(text), 1, 3)
    running[number] = serving.start(id, args, along, calls.call, encode, function(value, problem, group)
      running[number] = nil
      -- One that was canceled before it began has not been counted.
      if group.problem and not group.main.begun then counted.alone(id) end
      send(value and VALUE or FAILURE, number, value or problem)
      inbox.expect()
    end)
  end)
end

--- Sets the host's functions.
---@param given table<string, function>
function M.setup(given) host = given end

return M
