-- What may have to wait for a device is made on another thread of the process (host/files/waiting.py), while the guest waits on its fiber
-- and others go on.
--
-- A guest's functions run on a Wasmtime stack, from which nothing of Python may be called: what they want is an order, which the lane
-- passes on between two turns. A job has a descriptor of its own, which it closes: it goes on when its guest has ended, and harms nobody.

local buffer = require 'string.buffer'
local away = require 'lua.dispatcher.away'
local callbacks = require 'lua.lane.ask'
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local intermediate = require 'lua.values.intermediate'
local signal = require 'lua.wasi.signal'
local system = require 'lua.wasi.files.system'

local M = {}

local orders = {}

local FAILED = { errno = system.E.IO }

local function begin(order)
  local number
  number = away.expect(function(value)
    local answer = value and buffer.decode(value)
    order.done(type(answer) == 'table' and answer.failed and FAILED or answer or FAILED)
  end)
  if callbacks.start(number, order.name, order.data) then
    system.close(order.descriptor)
    away.answered(number)
  end
end

local function drain()
  if not orders[1] then return end
  local list = orders
  orders = {}
  for _, order in ipairs(list) do
    begin(order)
  end
end

dispatcher.on_turn(drain)
dispatcher.on_idle(drain)

--- Tells whether an instance can wait now: not while it is made, nor in a destructor, and not in a lane without an inbox.
function M.possible(instance) return instance.asynchronous and not instance.alone and away.open end

--- Begins a job `name` with a copy of a descriptor; gives {source = what is ready when it is done, answer =}, or nil and an error. The
-- answer is bytes, or a table: {errno =} where it has failed.
function M.begin(name, descriptor, ...)
  local own, why = system.duplicate(descriptor)
  if not own then return nil, why end
  local data, problem = intermediate.encode_all(1 + select('#', ...), own, ...)
  if not data then
    system.close(own)
    error(errors.is_error(problem) and problem:message() or problem, 0)
  end
  local job = {}
  job.source = signal(function() return job.answer ~= nil end)
  job.pending = { sources = { job.source } }
  orders[#orders + 1] = {
    name = 'files.' .. name,
    descriptor = own,
    data = data,
    done = function(answer)
      job.answer = answer
      job.source.notify()
    end,
  }
  return job
end

return M
